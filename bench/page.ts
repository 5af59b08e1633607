import { WebSocket } from 'ws';
import type { Waiting } from './database.js';

/** What the portal asks for. */
const STATUS = `subscription EnrolmentStatus($enrolmentId: ID!, $after: String) {
  enrolmentStatus(enrolmentId: $enrolmentId, after: $after) { cursor status at }
}`;

/** The enrolment, and by what right it is watched. */
type PageRights = Pick<Waiting, 'id'> &
  ({ readonly watchToken: string } | { readonly authorization: string });

/** A page that shows one enrolment and waits, over graphql-transport-ws by hand: ten thousand of them share one process. */
export class Page {
  /** Called at each event, with the instant at which it came (`performance.now`). */
  onEvent: ((at: number) => void) | undefined;
  private onFailure: ((error: Error) => void) | undefined;

  /** When the server closed it (`performance.now`). */
  readonly closed: Promise<number>;

  private constructor(private readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve(performance.now());
      });
    });
  }

  /** Resolves when the first event, where the enrolment stands, is here. */
  static open(port: number, { id, ...credentials }: PageRights): Promise<Page> {
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false,
    });
    const page = new Page(socket);
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: credentials }));
    });
    return new Promise((resolve, reject) => {
      page.onFailure = reject;
      page.onEvent = () => {
        resolve(page);
      };
      socket.on('message', (data: Buffer) => {
        page.receive(data.toString(), id);
      });
      socket.on('error', reject);
      socket.on('close', (code, reason) => {
        reject(new Error(`A page's socket was closed: ${String(code)} ${reason.toString()}`));
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.close(1000);
    await closed;
  }

  private receive(text: string, enrolmentId: string): void {
    const at = performance.now();
    if (text.startsWith('{"type":"connection_ack"')) {
      const payload = { query: STATUS, variables: { enrolmentId } };
      this.socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    } else if (text.includes('"type":"next"') && !text.includes('"errors"')) this.onEvent?.(at);
    else this.onFailure?.(new Error(text));
  }
}
