import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export type Mood =
  | 'WELL'
  /** For now, at the recipient. */
  | 'DEFERS'
  /** For good, at the recipient. */
  | 'REFUSES'
  /** Lets nobody in. */
  | 'SHUTS OUT'
  /** Takes the connection and says nothing. */
  | 'HANGS'
  /** Breaks off in the middle of a mail. */
  | 'DROPS'
  /** Takes the mail, and breaks off before it says so. */
  | 'LOSES ANSWER';

export interface ReceivedMail {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly raw: string;
  readonly email: Email;
}

/** A mail server over real SMTP on loopback, with moods. */
export class TestMailServer {
  readonly received: ReceivedMail[] = [];
  private present: Mood = 'WELL';
  /** How many there have been. */
  connections = 0;
  /** How many mails came over TLS. */
  secured = 0;
  private readonly sockets = new Set<Socket>();
  private readonly front: Server = createServer((socket) => {
    this.accept(socket);
  });
  private readonly behind: SMTPServer;
  private behindPort = 0;

  /** @param tls with which it offers STARTTLS; without, it does not */
  constructor(tls?: { readonly key: string; readonly cert: string }) {
    this.behind = new SMTPServer({
      ...tls,
      disabledCommands: tls === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
      onConnect: (_session, done) => {
        if (this.mood === 'SHUTS OUT') done(refusal(554, 'No SMTP service here'));
        else done();
      },
      onRcptTo: (_address, _session, done) => {
        if (this.mood === 'DEFERS') done(refusal(451, '4.7.1 later, dear alva@example.org'));
        else if (this.mood === 'REFUSES') done(refusal(550, '5.1.1 no alva@example.org here'));
        else done();
      },
      onData: (stream, session, done) => {
        if (session.secure) this.secured += 1;
        const { mailFrom, rcptTo } = session.envelope;
        void this.take(stream, {
          from: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
        }).then(() => {
          done();
        }, done);
      },
    });
    this.behind.on('error', () => undefined); // connections that the front has cut
  }

  get mood(): Mood {
    return this.present;
  }

  /** Whoever is shut out does not stay for having been let in before. */
  set mood(mood: Mood) {
    this.present = mood;
    if (mood !== 'SHUTS OUT') return;
    for (const socket of this.sockets) socket.destroy();
  }

  async start(): Promise<this> {
    const listening = this.behind.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    this.behindPort = (listening.address() as AddressInfo).port;
    await once(this.front.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get url(): string {
    return `smtp://127.0.0.1:${String((this.front.address() as AddressInfo).port)}`;
  }

  /** Mails to this address. */
  to(address: string): ReceivedMail[] {
    return this.received.filter(({ recipients }) => recipients.includes(address));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.front.close(resolve));
    await new Promise<void>((resolve) => {
      this.behind.close(() => {
        resolve();
      });
    });
  }

  private accept(client: Socket): void {
    this.hold(client);
    this.connections += 1;
    if (this.mood === 'HANGS') return;
    const server = this.hold(connect(this.behindPort, '127.0.0.1'));
    client.on('data', (chunk) => {
      if (this.mood === 'HANGS') return;
      if (this.mood === 'DROPS' && chunk.includes('MAIL FROM')) client.destroy();
      else server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (this.mood === 'HANGS') return;
      if (this.mood === 'LOSES ANSWER' && chunk.includes('queued')) client.destroy();
      else client.write(chunk);
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.end());
  }

  private hold(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }

  private async take(
    stream: NodeJS.ReadableStream,
    envelope: Pick<ReceivedMail, 'from' | 'recipients'>,
  ): Promise<void> {
    const raw = await text(stream);
    this.received.push({ ...envelope, raw, email: await PostalMime.parse(raw) });
  }
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
