import { createTransport } from 'nodemailer';
import { systemClock, type Clock } from '../kernel/clock.js';
import { storeMail } from './mailbox.js';

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

export interface MailerOptions {
  /** Null: each mail becomes a file in `mailboxDir`. */
  readonly smtpUrl: string | null;
  /** `Name <address>` */
  readonly from: string;
  readonly mailboxDir: string;
  readonly clock?: Clock;
}

/** Nobody took the mail. The message holds what the mail server's answer was about, and no word of the mail or its address. */
export class MailError extends Error {
  override readonly name = 'MailError';
}

const SECOND = 1000;

export function createMailer(options: MailerOptions): Mailer {
  const { smtpUrl, mailboxDir, clock = systemClock } = options;
  const messageOf = (mail: Mail, date: Date): object => ({
    ...fieldsOf(mail, options.from),
    date,
  });
  if (smtpUrl === null) {
    const files = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    return {
      send: async (mail) => {
        const now = clock.now();
        const { message } = await files.sendMail(messageOf(mail, now));
        await storeMail(mailboxDir, now, message as Buffer);
      },
      close: () => Promise.resolve(),
    };
  }
  const smtp = createTransport({
    pool: true,
    url: smtpUrl,
    connectionTimeout: 10 * SECOND,
    greetingTimeout: 10 * SECOND,
    dnsTimeout: 10 * SECOND,
    socketTimeout: 30 * SECOND,
    maxRequeues: 0, // the outbox tries again, and knows when to give up
  });
  return {
    send: async (mail) => {
      await smtp.sendMail(messageOf(mail, clock.now())).catch((error: unknown) => {
        throw mailError(error);
      });
    },
    close: () => {
      smtp.close();
      return Promise.resolve();
    },
  };
}

function fieldsOf(mail: Mail, from: string): object {
  return {
    from,
    to: { name: '', address: mail.to }, // an object, so that a comma in it makes no second recipient
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: `<${mail.messageId}@${domainOf(from)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834 section 5: no out-of-office answers
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

function mailError(error: unknown): MailError {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const facts = [code, responseCode].filter(
    (fact): fact is string | number => typeof fact === 'string' || typeof fact === 'number',
  );
  return new MailError(`The mail server did not take the mail (${facts.join(' ')}).`);
}
