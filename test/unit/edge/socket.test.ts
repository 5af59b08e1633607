import { WebSocket } from 'ws';
import { Socket } from '../../../src/edge/graphql/sockets/socket';

/** The part of a WebSocket that sends: what was handed over stays in `bufferedAmount` until it is read. */
class FakeWs {
  readonly OPEN = WebSocket.OPEN;
  readyState: number = WebSocket.OPEN;
  readonly protocol = 'graphql-transport-ws';
  bufferedAmount = 0;
  readonly sent: string[] = [];
  isTerminated = false;
  private readonly waiting: (() => void)[] = [];

  send(data: string, done: () => void = () => undefined): void {
    this.sent.push(data);
    this.bufferedAmount += data.length;
    this.waiting.push(done);
  }

  terminate(): void {
    this.isTerminated = true;
    this.readAll();
  }

  readAll(): void {
    this.bufferedAmount = 0;
    for (const done of this.waiting.splice(0)) done();
  }
}

function socketOver(ws: FakeWs): Socket {
  return new Socket(ws as never, { address: '::1', userAgent: null }, undefined);
}

const KILOBYTE = 'x'.repeat(1024);

test('who reads along is sent to without waiting', () => {
  const ws = new FakeWs();
  const socket = socketOver(ws);
  for (let i = 0; i < 64; i += 1) expect(socket.send(KILOBYTE)).toBeUndefined();
});

test('who is behind is sent no more than that before he has read it', async () => {
  const ws = new FakeWs();
  const socket = socketOver(ws);
  const all = (async () => {
    for (let i = 0; i < 1000; i += 1) await socket.send(KILOBYTE);
  })();
  for (let readings = 0; ws.sent.length < 1000; readings += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(ws.bufferedAmount).toBeLessThanOrEqual(65 * 1024);
    expect(readings).toBeLessThan(1000);
    ws.readAll();
  }
  await all;
  expect(ws.sent).toHaveLength(1000);
  expect(ws.isTerminated).toBe(false);
});

test('what waits for a reader ends with his connection', async () => {
  const ws = new FakeWs();
  const socket = socketOver(ws);
  await socket.send('x'.repeat(100 * 1024));
  const waiting = socket.send(KILOBYTE);
  ws.terminate();
  await expect(waiting).resolves.toBeUndefined();
});

test('many operations at once that nobody reads the answers of end the connection', () => {
  const ws = new FakeWs();
  const socket = socketOver(ws);
  for (let i = 0; i < 2000; i += 1) void socket.send(KILOBYTE);
  expect(ws.isTerminated).toBe(true);
});
