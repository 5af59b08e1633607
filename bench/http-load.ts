import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/** One kept-alive HTTP/1.1 connection that costs its own process as little as can be. Answers must have a length. */
export class HttpLine {
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private answered: ((body: string) => void) | undefined;
  private failed: ((error: Error) => void) | undefined;

  constructor(
    private readonly port: number,
    private readonly path = '/graphql',
  ) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (data) => {
      this.receive(data);
    });
    this.socket.on('error', (error) => this.failed?.(error));
    this.socket.on('close', () => this.failed?.(new Error('The server closed the connection.')));
  }

  /** @returns the answer's body. @throws Error for any status but 200 */
  post(body: string, headers: Readonly<Record<string, string>>): Promise<string> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      this.answered = resolve;
      this.failed = reject;
      this.socket.write(
        `POST ${this.path} HTTP/1.1\r\nhost: 127.0.0.1:${String(this.port)}\r\ncontent-type: application/json\r\n` +
          `content-length: ${String(Buffer.byteLength(body))}\r\n${lines.join('')}\r\n${body}`,
      );
    });
  }

  close(): void {
    this.failed = undefined;
    this.socket.destroy();
  }

  private receive(data: Buffer): void {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    const headLength = this.received.indexOf(HEAD_END);
    if (headLength < 0) return;
    const head = this.received.toString('latin1', 0, headLength + 2);
    const length = Number(LENGTH.exec(head)?.[1] ?? Number.NaN);
    const end = headLength + HEAD_END.length + length;
    if (this.received.length < end) return;
    const body = this.received.toString('utf8', headLength + HEAD_END.length, end);
    this.received = this.received.subarray(end);
    if (head.startsWith('HTTP/1.1 200')) this.answered?.(body);
    else this.failed?.(new Error(`${head.slice(0, 12)}: ${body}`));
  }
}

/** Calls `once` over and over on each of `lines` until `seconds` are over. @returns how often it was done, per second */
export async function closedLoop(
  lines: number,
  seconds: number,
  once: (line: number) => Promise<void>,
): Promise<{ perSecond: number; done: number }> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let done = 0;
  const work = async (line: number): Promise<void> => {
    while (performance.now() < endsAt) {
      await once(line);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: lines }, (_, line) => work(line)));
  return { done, perSecond: (done * 1000) / (performance.now() - startedAt) };
}
