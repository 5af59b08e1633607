import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `notifications`: they are left out, all else arrives, as behind a pooler. `everything`: nothing arrives from the database any
 * more, though the connection stands. `answers`: connections come about, and then nothing arrives.
 */
export type Deafness = 'none' | 'notifications' | 'answers' | 'everything';

export interface DatabaseSocket {
  /** Folder of the unix socket. */
  readonly host: string;
  readonly port: number;
}

/** NotificationResponse (PostgreSQL's "Message Formats"). */
const NOTIFICATION = 'A'.charCodeAt(0);
/** ReadyForQuery, with its length and the state: the end of all that a connection begins with. */
const READY = Buffer.from('5a0000000549', 'hex');
/** A type and a length that counts itself. */
const HEADER_BYTES = 5;

/** Stands between servers and PostgreSQL, on a unix socket of its own, and makes connections of chosen programs deaf. */
export class DeafProxy {
  private readonly deafness = new Map<string, Deafness>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly database: DatabaseSocket,
    readonly address: DatabaseSocket,
  ) {
    server.on('connection', (client) => {
      this.serve(client);
    });
  }

  static async start(database: DatabaseSocket): Promise<DeafProxy> {
    const host = await mkdtemp(join(tmpdir(), 'deaf-'));
    const server = createServer().listen(socketPath({ host, port: database.port }));
    await once(server, 'listening');
    return new DeafProxy(server, database, { host, port: database.port });
  }

  /** From now on, for the connections that are there and those to come, of the program that calls itself so. */
  make(program: string, deafness: Deafness): void {
    this.deafness.set(program, deafness);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
    await rm(this.address.host, { recursive: true, force: true });
  }

  private serve(client: Socket): void {
    const upstream = connect(socketPath(this.database));
    this.keep(client, upstream);
    this.keep(upstream, client);
    let program = '';
    client.once('data', (startup: Buffer) => {
      program = programIn(startup);
      upstream.write(startup);
      client.pipe(upstream);
    });
    const withoutNotifications = new NotificationFilter();
    let isReady = false;
    upstream.on('data', (data: Buffer) => {
      const deafness = this.deafness.get(program) ?? 'none';
      const heard = withoutNotifications.take(data, deafness === 'notifications');
      const isLost = deafness === 'everything' || (deafness === 'answers' && isReady);
      if (!isLost) client.write(heard);
      isReady ||= data.includes(READY);
    });
  }

  private keep(socket: Socket, other: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined); // `close` follows
    socket.once('close', () => {
      this.sockets.delete(socket);
      other.destroy();
    });
  }
}

/** Cuts the stream into messages, as they may be split anywhere. */
class NotificationFilter {
  private rest: Buffer = Buffer.alloc(0);

  take(data: Buffer, isDeaf: boolean): Buffer {
    this.rest = Buffer.concat([this.rest, data]);
    const passed: Buffer[] = [];
    for (;;) {
      const size = this.rest.length < HEADER_BYTES ? Infinity : 1 + this.rest.readUInt32BE(1);
      if (this.rest.length < size) return Buffer.concat(passed);
      const message = this.rest.subarray(0, size);
      if (!isDeaf || message[0] !== NOTIFICATION) passed.push(message);
      this.rest = this.rest.subarray(size);
    }
  }
}

/** Its first message: length, protocol, then names and values, each ended by a zero. */
function programIn(startup: Buffer): string {
  const words = startup.subarray(8).toString().split('\0');
  return words[words.indexOf('application_name') + 1] ?? '';
}

function socketPath({ host, port }: DatabaseSocket): string {
  return join(host, `.s.PGSQL.${String(port)}`);
}
