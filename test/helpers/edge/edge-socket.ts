import { WebSocket } from 'ws';
import type { WireError } from './edge-server';

/** Of `next` a result, of `error` a list of errors. */
export type Payload = readonly WireError[] & {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly WireError[];
};

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: Payload;
}

export interface SocketOptions {
  readonly headers?: Record<string, string>;
  readonly params?: Record<string, unknown>;
  readonly origin?: string;
}

/** A client by hand of graphql-transport-ws, which says what the server really sent. */
export class TestSocket {
  private readonly messages: Message[] = [];
  private waiting: ((message: Message) => void) | undefined;
  /** Close code, or the HTTP status that the upgrade was refused with. */
  readonly closed: Promise<number>;
  readonly opened: Promise<void>;
  readonly ws: WebSocket;

  constructor(url: string, { headers = {}, origin }: SocketOptions = {}) {
    this.ws = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
      headers,
      ...(origin === undefined ? {} : { origin }),
      rejectUnauthorized: false,
    });
    this.ws.on('message', (data: Buffer) => {
      this.receive(JSON.parse(data.toString()) as Message);
    });
    this.opened = new Promise((resolve) => this.ws.once('open', resolve));
    this.closed = new Promise((resolve) => {
      this.ws.once('close', resolve);
      this.ws.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
      });
      this.ws.once('error', () => undefined);
    });
  }

  send(message: object): void {
    this.ws.send(JSON.stringify(message));
  }

  run(query: string, { id = '1', variables = {} }: { id?: string; variables?: object } = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  next(): Promise<Message> {
    const known = this.messages.shift();
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => (this.waiting = resolve));
  }

  get unread(): number {
    return this.messages.length;
  }

  private receive(message: Message): void {
    if (this.waiting === undefined) this.messages.push(message);
    else this.waiting(message);
    this.waiting = undefined;
  }
}

/** A socket whose connection was acknowledged. */
export async function connect(url: string, options: SocketOptions = {}): Promise<TestSocket> {
  const socket = new TestSocket(url, options);
  await socket.opened;
  socket.send({ type: 'connection_init', payload: options.params ?? {} });
  const { type } = await socket.next();
  if (type !== 'connection_ack') throw new Error(`The server answered ${type}.`);
  return socket;
}

/** What an operation that has a socket of its own is answered first. */
export async function firstAnswer(
  url: string,
  query: string,
  { variables, params }: { variables: object; params: Record<string, unknown> },
): Promise<{ code: string | undefined; data: Payload['data'] }> {
  const socket = await connect(url, { params });
  socket.run(query, { variables });
  const { type, payload } = await socket.next();
  socket.ws.close();
  await socket.closed;
  const [error] = type === 'error' ? (payload ?? []) : (payload?.errors ?? []);
  return { code: error?.extensions['code'] as string | undefined, data: payload?.data };
}
