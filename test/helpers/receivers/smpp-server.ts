import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer, PDU, type Pdu, type Session } from 'smpp';

export type SmppMood = 'WELL' | 'THROTTLES' | 'REFUSES' | 'HANGS' | 'DROPS' | 'SPEAKS NONSENSE';

/** One part of a text message, as the server's own library has read it. */
export interface SubmittedPart {
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly fromTon: number;
  readonly text: string;
  /** Reference, number of parts, number of this part; null where it is alone. */
  readonly header: readonly number[] | null;
  readonly coding: number;
  readonly wantsReceipt: boolean;
}

const STATUS = { THROTTLES: 0x58, REFUSES: 0x0b } as const;

/** An SMPP server on loopback, by the library that many gateways are tested with. */
export class TestSmppServer {
  readonly parts: SubmittedPart[] = [];
  readonly binds: { systemId: string; password: string }[] = [];
  /** What was answered to receipts. */
  readonly receiptAnswers: number[] = [];
  enquiries = 0;
  mood: SmppMood = 'WELL';
  private readonly sessions = new Set<Session>();
  private readonly server: Server = createServer((session) => {
    this.serve(session);
  });

  async start(port = 0): Promise<this> {
    await once(this.server.listen(port, '127.0.0.1'), 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get boundSessions(): number {
    return this.sessions.size;
  }

  /** Ends every connection. */
  cut(): void {
    for (const session of this.sessions) session.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Tells what became of a message, in the text alone or in optional parameters as well. */
  tell(id: string, stat: string, state?: number): void {
    for (const session of this.sessions) {
      const fields = {
        esm_class: 4,
        source_addr: '41441234567',
        destination_addr: 'Signet',
        short_message: `id:${id} sub:001 dlvrd:001 submit date:2611220800 done date:2611220801 stat:${stat} err:000 text:`,
        ...(state === undefined ? {} : { receipted_message_id: id, message_state: state }),
      };
      session.send(new PDU('deliver_sm', fields), ({ command_status }) => {
        this.receiptAnswers.push(command_status);
      });
    }
  }

  private serve(session: Session): void {
    session.on('error', () => undefined);
    session.on('close', () => this.sessions.delete(session));
    session.on('bind_transceiver', (pdu: Pdu) => {
      if (this.mood === 'HANGS') return;
      this.binds.push({ systemId: pdu.system_id ?? '', password: pdu.password ?? '' });
      if (pdu.password !== 'secret') {
        session.send(pdu.response({ command_status: 0x0e }));
        session.close();
        return;
      }
      this.sessions.add(session);
      session.send(pdu.response());
    });
    session.on('enquire_link', (pdu: Pdu) => {
      this.enquiries += 1;
      if (this.mood !== 'HANGS') session.send(pdu.response());
    });
    session.on('unbind', (pdu: Pdu) => {
      session.send(pdu.response());
      session.close();
    });
    session.on('submit_sm', (pdu: Pdu) => {
      this.submit(session, pdu);
    });
  }

  private submit(session: Session, pdu: Pdu): void {
    const { mood } = this;
    if (mood === 'HANGS') return;
    if (mood === 'DROPS') session.destroy();
    else if (mood === 'SPEAKS NONSENSE') {
      (session as unknown as { socket: NodeJS.WritableStream }).socket.write(
        Buffer.alloc(64, 0xff),
      );
    } else if (mood === 'WELL') {
      const id = `m${String(this.parts.length + 1)}`;
      this.parts.push(partOf(id, pdu));
      session.send(pdu.response({ message_id: id }));
    } else session.send(pdu.response({ command_status: STATUS[mood] }));
  }
}

function partOf(id: string, pdu: Pdu): SubmittedPart {
  const { message, udh } = pdu.short_message as { message: string; udh?: readonly Buffer[] };
  const header = udh?.[0];
  return {
    id,
    to: pdu.destination_addr ?? '',
    from: pdu.source_addr ?? '',
    fromTon: pdu.source_addr_ton ?? 0,
    text: message,
    header: header === undefined ? null : [...header.subarray(2)],
    coding: pdu.data_coding ?? 0,
    wantsReceipt: pdu.registered_delivery === 1,
  };
}
