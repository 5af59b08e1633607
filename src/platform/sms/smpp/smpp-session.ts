import { isIP } from 'node:net';
import { PDU, Session, type Pdu } from 'smpp';
import type { OnReceipt } from '../sms-gateway.js';
import { SmsError } from '../sms-gateway.js';
import { receiptIn } from './smpp-receipt.js';

export interface SmppServer {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly systemId: string;
  readonly password: string;
}

export interface SmppTimes {
  /** How long the server may take for an answer. */
  readonly answerMs: number;
  /** How often it is asked whether it is still there. */
  readonly enquireMs: number;
}

const INTERFACE_VERSION = 0x34;
const GOODBYE_MS = 1000;
const RECEIPT_NOT_TAKEN = 0x64; // ESME_RX_T_APPN: tell me again later
const UNKNOWN_COMMAND = 0x03; // ESME_RINVCMDID

interface Waiting {
  readonly reject: (error: SmsError) => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection, from bind to its end; it ends at the first thing that goes wrong. */
export class SmppSession {
  private readonly waiting = new Map<number, Waiting>();
  private enquiries: NodeJS.Timeout | undefined;
  private hasEnded = false;

  private constructor(
    private readonly session: Session,
    private readonly times: SmppTimes,
    private readonly onReceipt: OnReceipt,
    private readonly onEnd: () => void,
  ) {
    session.on('error', () => {
      this.end('its connection broke');
    });
    session.on('close', () => {
      this.end('it closed the connection');
    });
    session.on('pdu', (pdu: Pdu) => {
      this.answer(pdu);
    });
  }

  /** @throws SmsError where the server cannot be reached, or lets nobody in */
  static async bind(
    server: SmppServer,
    times: SmppTimes,
    { onReceipt, onEnd }: { readonly onReceipt: OnReceipt; readonly onEnd: () => void },
  ): Promise<SmppSession> {
    const { host, port, tls, systemId, password } = server;
    const servername = tls && isIP(host) === 0 ? { servername: host } : {}; // RFC 6066 section 3: no addresses
    const session = new Session({ host, port, tls, ...servername });
    const bound = new SmppSession(session, times, onReceipt, onEnd);
    await bound.connected(tls ? 'secureConnect' : 'connect');
    await bound.request('bind_transceiver', {
      system_id: systemId,
      password,
      interface_version: INTERFACE_VERSION,
    });
    bound.enquiries = setInterval(() => {
      void bound.request('enquire_link', {}).catch(() => undefined);
    }, times.enquireMs);
    return bound;
  }

  /** @throws SmsError with the status that the server answered, or because it did not */
  async request(command: string, fields: Readonly<Record<string, unknown>>): Promise<Pdu> {
    const answer = await this.exchange(command, fields);
    if (answer.command_status === 0 && answer.command !== 'generic_nack') return answer;
    const { command_status: status } = answer;
    const error = new SmppRefusal(status);
    if (error.kind === 'UNREACHABLE' && command !== 'submit_sm') this.end('it refused');
    throw error;
  }

  /** Says goodbye, where somebody listens. */
  async close(): Promise<void> {
    const patience = setTimeout(() => {
      this.end('it was closed');
    }, GOODBYE_MS);
    await this.exchange('unbind', {}).catch(() => undefined);
    clearTimeout(patience);
    this.end('it was closed');
  }

  private connected(event: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.watch(0, reject);
      this.session.once(event, () => {
        this.settle(0);
        resolve();
      });
    });
  }

  private exchange(command: string, fields: Readonly<Record<string, unknown>>): Promise<Pdu> {
    return new Promise((resolve, reject) => {
      const pdu = new PDU(command, fields);
      const isSent =
        !this.hasEnded &&
        this.session.send(pdu, (answer) => {
          this.settle(pdu.sequence_number);
          resolve(answer);
        });
      if (isSent) this.watch(pdu.sequence_number, reject);
      else reject(unreachable('it is not connected'));
    });
  }

  /** Whoever waits is told when the connection ends, and ends it where he waits for too long. */
  private watch(sequence: number, reject: (error: SmsError) => void): void {
    const timer = setTimeout(() => {
      this.end('it does not answer');
    }, this.times.answerMs);
    this.waiting.set(sequence, { reject, timer });
  }

  private settle(sequence: number): void {
    clearTimeout(this.waiting.get(sequence)?.timer);
    this.waiting.delete(sequence);
  }

  private answer(pdu: Pdu): void {
    if (pdu.isResponse()) return;
    switch (pdu.command) {
      case 'deliver_sm':
        void this.takeReceipt(pdu);
        return;
      case 'enquire_link':
        this.session.send(pdu.response());
        return;
      case 'unbind':
        this.session.send(pdu.response());
        this.end('it said goodbye');
        return;
      default:
        this.session.send(new PDU('generic_nack', nackOf(pdu)));
    }
  }

  /** Answered once it is stored: else the server keeps it, and tells it again. */
  private async takeReceipt(pdu: Pdu): Promise<void> {
    const receipt = receiptIn(pdu);
    const isDone = receipt?.outcome === undefined || receipt.outcome === null;
    const isTaken =
      isDone || (await this.onReceipt(receipt.reference, receipt.outcome).catch(() => false));
    if (this.hasEnded) return;
    this.session.send(pdu.response(isTaken ? {} : { command_status: RECEIPT_NOT_TAKEN }));
  }

  private end(why: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearInterval(this.enquiries);
    this.session.destroy();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(unreachable(why));
    }
    this.onEnd();
  }
}

function nackOf({ sequence_number }: Pdu): Readonly<Record<string, unknown>> {
  return { sequence_number, command_status: UNKNOWN_COMMAND };
}

function unreachable(why: string): SmsError {
  return new SmsError(`The SMS gateway cannot be reached: ${why}.`, 'UNREACHABLE');
}

/** SMPP 3.4 section 5.1.3, what is wrong with this message alone: its length, its destination, its data. */
const REFUSALS: ReadonlySet<number> = new Set([0x01, 0x0b, 0x50, 0x51, 0x65, 0xc1, 0xc2, 0xc4]);

/** The server has answered, and not as it was hoped. */
class SmppRefusal extends SmsError {
  constructor(status: number) {
    const code = `0x${status.toString(16).padStart(2, '0')}`;
    super(
      `The SMS gateway did not take the message (SMPP ${code}).`,
      REFUSALS.has(status) ? 'REFUSED' : 'UNREACHABLE',
    );
  }
}
