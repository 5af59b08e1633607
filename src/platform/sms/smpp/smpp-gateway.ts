import { sha256 } from '../../../kernel/secrets.js';
import { partsOf } from '../sms-parts.js';
import { SmsError, type OnReceipt, type SmsGateway, type TextMessage } from '../sms-gateway.js';
import { SmppSession, type SmppServer, type SmppTimes } from './smpp-session.js';

/** What takes messages by SMPP 3.4. */
export interface SmppRoute extends SmppServer {
  readonly kind: 'SMPP';
  /** Who the messages come from; null leaves it to the server. */
  readonly from: string | null;
}

const TIMES: SmppTimes = { answerMs: 10_000, enquireMs: 30_000 };
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** SMPP 3.4 section 5.2.12, UDHI. */
const WITH_HEADER = 0x40;
const CODING = { 'GSM-7': 0x00, 'UCS-2': 0x08 } as const;
/** Sections 5.2.5 and 5.2.6. */
const INTERNATIONAL = { ton: 1, npi: 1 };
const ALPHANUMERIC = { ton: 5, npi: 0 };
const UNKNOWN_NUMBER = { ton: 0, npi: 0 };

/** Stays bound, so that receipts arrive; binds again where the connection is lost. */
export class SmppGateway implements SmsGateway {
  readonly name: string;
  private onReceipt: OnReceipt = () => Promise.resolve(false);
  private session: Promise<SmppSession> | undefined;
  private again: NodeJS.Timeout | undefined;
  private failures = 0;
  private isClosed = false;

  constructor(
    private readonly route: SmppRoute,
    private readonly times: SmppTimes = TIMES,
  ) {
    this.name = `${route.systemId}@${route.host}:${String(route.port)}`;
  }

  listen(onReceipt: OnReceipt): void {
    this.onReceipt = onReceipt;
    void this.bound().catch(() => undefined);
  }

  /** Parts that belong together name each other by the message's id, so that those of a repeat fit in with those of the first attempt. */
  async send({ to, text, messageId }: TextMessage): Promise<string | null> {
    const session = await this.bound();
    const { encoding, parts } = partsOf(text);
    const reference = sha256(messageId)[0] ?? 0;
    let answered: string | undefined;
    for (const [i, part] of parts.entries()) {
      const isLast = i === parts.length - 1;
      const header = Buffer.from([5, 0, 3, reference, parts.length, i + 1]); // 3GPP TS 23.040 section 9.2.3.24.1
      const { message_id: id } = await session.request('submit_sm', {
        ...sender(this.route.from),
        dest_addr_ton: INTERNATIONAL.ton,
        dest_addr_npi: INTERNATIONAL.npi,
        destination_addr: to.replace('+', ''),
        data_coding: CODING[encoding],
        esm_class: parts.length > 1 ? WITH_HEADER : 0,
        short_message: parts.length > 1 ? Buffer.concat([header, part]) : part,
        registered_delivery: isLast ? 1 : 0, // the last part speaks for all
      });
      answered = id;
    }
    return answered === undefined || answered === '' ? null : answered;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.again);
    const session = await this.session?.catch(() => undefined);
    await session?.close();
  }

  private bound(): Promise<SmppSession> {
    if (this.isClosed) {
      return Promise.reject(new SmsError('The SMS gateway was closed.', 'UNREACHABLE'));
    }
    this.session ??= this.bind();
    return this.session;
  }

  private async bind(): Promise<SmppSession> {
    clearTimeout(this.again);
    const session = await SmppSession.bind(this.route, this.times, {
      onReceipt: (reference, outcome) => this.onReceipt(reference, outcome),
      onEnd: () => {
        this.session = undefined;
        this.bindLater();
      },
    });
    this.failures = 0;
    return session;
  }

  private bindLater(): void {
    if (this.isClosed) return;
    clearTimeout(this.again);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures += 1;
    this.again = setTimeout(() => {
      void this.bound().catch(() => undefined);
    }, pause);
  }
}

function sender(from: string | null): Readonly<Record<string, unknown>> {
  if (from === null) return {};
  const { ton, npi } = numberingOf(from);
  return { source_addr_ton: ton, source_addr_npi: npi, source_addr: from.replace('+', '') };
}

function numberingOf(from: string): { readonly ton: number; readonly npi: number } {
  if (from.startsWith('+')) return INTERNATIONAL;
  return /^\d+$/.test(from) ? UNKNOWN_NUMBER : ALPHANUMERIC;
}
