import { createTransport } from 'nodemailer';
import { systemClock, type Clock } from '../../kernel/clock.js';
import { DeliveryError, type FailureKind } from '../delivery/delivery-error.js';
import { storeMail } from '../delivery/mailbox.js';
import type { SmtpServer } from './smtp-server.js';

export interface Mail {
  /** One plain address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Shown in the HTML as `cid:…`. */
  readonly inlineImages?: readonly InlineImage[];
  /** The part of the Message-ID before the @. The same for each repeat of one mail, so that a second copy is recognisable. */
  readonly messageId: string;
  /** What kind of mail it is, for those who sort by List-Id; letters, digits and hyphens. */
  readonly kind?: string;
  /** Where it comes back to if it cannot be delivered, where that is not the sender's address. */
  readonly returnPath?: string;
}

interface InlineImage {
  readonly cid: string;
  readonly png: Buffer;
}

export interface Mailer {
  /** Resolves when the next server took the mail. @throws MailError */
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

/** Signs each mail for a domain (RFC 6376); the key is RSA, PEM. */
export interface DkimKey {
  readonly domainName: string;
  readonly keySelector: string;
  readonly privateKey: string;
}

export interface MailerOptions {
  /** Null: each mail becomes a file in `mailboxDir`. */
  readonly smtp: SmtpServer | null;
  /** `Name <address>` */
  readonly from: string;
  readonly dkim?: DkimKey | null;
  readonly mailboxDir: string;
  /** How long the server may be silent in the midst of a mail; some look into it for long. */
  readonly timeoutSeconds?: number;
  readonly clock?: Clock;
}

/** Nobody took the mail. */
export class MailError extends DeliveryError {
  override readonly name = 'MailError';
}

const SECOND = 1000;
const TIMEOUT_SECONDS = 60;
const CONNECTION_SECONDS = 15;
/** However slowly the server answers, byte by byte. Less than what a message is claimed for. */
const DEADLINE_FACTOR = 2;
const RECIPIENT = 'RCPT TO';

export function createMailer(options: MailerOptions): Mailer {
  const { smtp, mailboxDir, clock = systemClock } = options;
  const messageOf = (mail: Mail, date: Date): object => ({
    ...fieldsOf(mail, options.from),
    date,
  });
  if (smtp === null) {
    const files = createTransport({
      ...dkimOf(options),
      streamTransport: true,
      buffer: true,
      newline: 'windows',
    });
    return {
      send: async (mail) => {
        const now = clock.now();
        const { message } = await files.sendMail(messageOf(mail, now));
        await storeMail(mailboxDir, now, message as Buffer);
      },
      close: () => Promise.resolve(),
    };
  }
  const timeout = (options.timeoutSeconds ?? TIMEOUT_SECONDS) * SECOND;
  const shortTimeout = Math.min(timeout, CONNECTION_SECONDS * SECOND);
  const { auth, ...server } = smtp;
  const pool = createTransport({
    ...server,
    ...(auth === null ? {} : { auth }),
    ...dkimOf(options),
    pool: true,
    connectionTimeout: shortTimeout,
    greetingTimeout: shortTimeout,
    dnsTimeout: shortTimeout,
    socketTimeout: timeout,
    maxRequeues: 0, // the outbox tries again, and knows when to give up
  });
  return {
    send: async (mail) => {
      const signal = AbortSignal.timeout(DEADLINE_FACTOR * timeout);
      await pool.sendMail({ ...messageOf(mail, clock.now()), signal }).catch((error: unknown) => {
        throw mailError(error);
      });
    },
    close: () => {
      pool.close();
      return Promise.resolve();
    },
  };
}

function dkimOf({ dkim }: MailerOptions): { dkim?: DkimKey } {
  return dkim === null || dkim === undefined ? {} : { dkim };
}

function fieldsOf(mail: Mail, from: string): object {
  const domain = domainOf(from);
  return {
    from,
    to: { name: '', address: mail.to }, // an object, so that a comma in it makes no second recipient
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: `<${mail.messageId}@${domain}>`,
    ...(mail.returnPath === undefined
      ? {}
      : { envelope: { from: mail.returnPath, to: [mail.to] } }),
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834 section 5: no out-of-office answers
      'X-Auto-Response-Suppress': 'All', // the same for Exchange, MS-OXCMAIL 2.2.3.2.14
      ...(mail.kind === undefined ? {} : { 'List-Id': `<${mail.kind}.${domain}>` }), // RFC 2919 section 3
    },
    attachments: (mail.inlineImages ?? []).map(({ cid, png }) => ({
      cid,
      content: png,
      contentType: 'image/png',
      contentDisposition: 'inline',
      filename: `${cid}.png`,
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}

interface SmtpFailure {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
}

/** The reply's code and enhanced code (RFC 3463), and not its text, which could hold anything. */
function mailError(error: unknown): MailError {
  const failure = error as SmtpFailure;
  const reply = typeof failure.responseCode === 'number' ? failure.responseCode : null;
  const enhanced =
    typeof failure.response === 'string'
      ? /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(failure.response)?.[1]
      : undefined;
  const facts = [failure.code, reply, enhanced].filter(
    (fact): fact is string | number => typeof fact === 'string' || typeof fact === 'number',
  );
  const kind = kindOf(failure, reply);
  const what =
    kind === 'REFUSED' && failure.command === RECIPIENT
      ? 'The mail server refuses the address'
      : 'The mail server did not take the mail';
  return new MailError(`${what} (${facts.join(' ')}).`, kind);
}

/**
 * A 5yz reply to the recipient or to the mail itself is an answer for good (RFC 5321 section 4.2.1). To anything before that it
 * means that this server does not let Signet in, which its operator can put right.
 */
function kindOf({ command, code }: SmtpFailure, reply: number | null): FailureKind {
  const isAboutMail = command === RECIPIENT || command === 'DATA';
  if (isAboutMail && reply !== null && reply !== 421) return reply >= 500 ? 'REFUSED' : 'TEMPORARY';
  if (code === 'EENVELOPE' && command === 'API') return 'REFUSED'; // an address that cannot be put on the wire
  return 'UNREACHABLE';
}
