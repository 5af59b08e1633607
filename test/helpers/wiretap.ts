import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands in front of a server, under an address of its own, and keeps whatever clients send to it. */
export class Wiretap {
  private port: number | undefined;
  private readonly connections: Buffer[][] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {
    server.on('connection', (client) => {
      this.serve(client);
    });
  }

  static async start(): Promise<Wiretap> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Wiretap(server, `http://localhost:${String(port)}`);
  }

  /** From now on what it hears goes to this port. */
  leadTo(port: number): void {
    this.port = port;
  }

  /** What was sent since the last time it was asked, each connection for itself. */
  heard(): Buffer[] {
    return this.connections
      .map((chunks) => Buffer.concat(chunks.splice(0)))
      .filter(({ length }) => length > 0);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(client: Socket): void {
    if (this.port === undefined) throw new Error('It leads nowhere yet.');
    const upstream = connect(this.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    this.connections.push(chunks);
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined); // `close` follows
      socket.once('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
