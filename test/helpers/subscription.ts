import { WebSocket } from 'ws';
import { noteSecret } from './run';

export interface SeenEvent {
  readonly cursor: string;
  readonly status: string;
  readonly at: string;
  readonly detail: string | null;
}
/** How a subscription ended: by itself, refused with a code, or with its socket's close code. */
export type Ending =
  | { readonly kind: 'complete' }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'closed'; readonly code: number };

export interface WatchOptions {
  readonly after?: string;
  /** connectionParams: bearer token of a session, watch token, device token. */
  readonly token?: string;
  readonly watchToken?: string;
  readonly deviceToken?: string;
}

interface Message {
  readonly type: string;
  readonly payload?: any;
}

const STATUS = `subscription Status($id: ID!, $after: String) {
  enrolmentStatus(enrolmentId: $id, after: $after) { cursor status at detail enrolment { id status } }
}`;

/** A page that follows one enrolment over one socket (graphql-transport-ws), and remembers all that it was sent. */
export class Watcher {
  readonly events: SeenEvent[] = [];
  /** How the subscription came to its end. */
  readonly ended: Promise<Ending>;
  /** Close code of the socket. */
  readonly closed: Promise<number>;
  private readonly ws: WebSocket;
  private end: (ending: Ending) => void = () => undefined;
  private arrived: (() => void)[] = [];
  private ending: Ending | undefined;

  constructor(
    url: string,
    private readonly enrolmentId: string,
    private readonly options: WatchOptions = {},
  ) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
      rejectUnauthorized: false,
    });
    this.ws.on('error', () => undefined); // `close` follows
    this.closed = new Promise((resolve) => this.ws.once('close', resolve));
    void this.closed.then((code) => {
      this.finish({ kind: 'closed', code });
    });
    this.ws.once('open', () => {
      this.send({ type: 'connection_init', payload: paramsOf(options) });
    });
    this.ws.on('message', (data: Buffer) => {
      this.receive(JSON.parse(data.toString()) as Message);
    });
  }

  get statuses(): string[] {
    return this.events.map(({ status }) => status);
  }

  get isOver(): boolean {
    return this.ending !== undefined;
  }

  get cursor(): string {
    const last = this.events.at(-1);
    if (last === undefined) throw new Error('No event has come yet.');
    return last.cursor;
  }

  /** Waits until the enrolment was seen in this status. @throws Error where the subscription ends before */
  async until(status: string): Promise<this> {
    for (;;) {
      if (this.statuses.includes(status)) return this;
      if (this.ending !== undefined) {
        throw new Error(`It ended before ${status}: ${JSON.stringify(this.ending)}`);
      }
      await new Promise<void>((resolve) => this.arrived.push(resolve));
    }
  }

  /** Cuts the connection without a word. */
  async drop(): Promise<void> {
    this.ws.terminate();
    await this.closed;
  }

  private receive({ type, payload }: Message): void {
    if (type === 'connection_ack') this.subscribe();
    else if (type === 'complete') this.finish({ kind: 'complete' });
    else if (type === 'error')
      this.finish({ kind: 'error', code: payload[0].extensions.code as string });
    else if (type === 'next') this.take(payload);
  }

  private take({ data, errors }: { data?: any; errors?: any }): void {
    if (errors !== undefined) {
      this.finish({ kind: 'error', code: errors[0].extensions.code as string });
      return;
    }
    const { enrolment, ...event } = data.enrolmentStatus;
    if (enrolment.id !== this.enrolmentId) throw new Error('An event of another enrolment came.');
    this.events.push(event as SeenEvent);
    this.wake();
  }

  private subscribe(): void {
    const variables = { id: this.enrolmentId, after: this.options.after ?? null };
    this.send({ id: '1', type: 'subscribe', payload: { query: STATUS, variables } });
  }

  private finish(ending: Ending): void {
    this.ending ??= ending;
    this.end(this.ending);
    this.wake();
  }

  private wake(): void {
    for (const arrived of this.arrived.splice(0)) arrived();
  }

  private send(message: object): void {
    this.ws.send(JSON.stringify(message));
  }
}

function paramsOf({ token, watchToken, deviceToken }: WatchOptions): object {
  for (const secret of [token, watchToken, deviceToken]) {
    if (secret !== undefined) noteSecret(secret);
  }
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(watchToken === undefined ? {} : { watchToken }),
    ...(deviceToken === undefined ? {} : { deviceToken }),
  };
}
