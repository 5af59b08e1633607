import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import type { Email } from 'postal-mime';
import { hasCode } from '../system-errors.js';

/** A mail or a text message as the mailbox shows it. */
export interface StoredMail {
  /** Name of its file without its ending; sorts by time. */
  readonly id: string;
  readonly kind: 'MAIL' | 'SMS';
  /** An address, or a number. */
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly at: Date;
  readonly text: string;
  /** Images of the mail itself stand in it as `data:` URLs. Empty for a text message. */
  readonly html: string;
}

const FILE = /^(\d{8}T\d{9}Z-[0-9a-f]{12})\.(?:eml|sms)$/;
const ID = /^\d{8}T\d{9}Z-[0-9a-f]{12}$/;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Writes one mail to a file that appears whole, or not at all. Its name tells the time and nothing of the mail. */
export function storeMail(folder: string, at: Date, message: Buffer): Promise<void> {
  return store(folder, at, { ending: 'eml', content: message });
}

/** As {@link storeMail}, for a text message. */
export function storeTextMessage(
  folder: string,
  at: Date,
  message: { readonly to: string; readonly text: string },
): Promise<void> {
  const content = Buffer.from(JSON.stringify({ to: message.to, text: message.text }));
  return store(folder, at, { ending: 'sms', content });
}

async function store(
  folder: string,
  at: Date,
  { ending, content }: { ending: 'eml' | 'sms'; content: Buffer },
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await chmod(folder, FOLDER_MODE); // where it was there before, with the rights of someone's umask
  const id = `${at.toISOString().replace(/[-:.]/g, '')}-${randomBytes(6).toString('hex')}`;
  const unfinished = join(folder, `.${id}.tmp`);
  const file = await open(unfinished, 'wx', FILE_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(folder, `${id}.${ending}`));
}

/** The newest mails and text messages, newest first. */
export async function listMails(folder: string, limit: number): Promise<StoredMail[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const files = names.filter((name) => FILE.test(name));
  const newest = files.sort().reverse().slice(0, limit);
  return await Promise.all(newest.map((file) => parseFile(folder, file)));
}

/** Null where `id` names no mail. */
export async function readMail(folder: string, id: string): Promise<StoredMail | null> {
  if (!ID.test(id)) return null;
  return (await parseIfThere(folder, `${id}.eml`)) ?? (await parseIfThere(folder, `${id}.sms`));
}

async function parseIfThere(folder: string, file: string): Promise<StoredMail | null> {
  return await parseFile(folder, file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
}

async function parseFile(folder: string, file: string): Promise<StoredMail> {
  const content = await readFile(join(folder, file));
  const id = FILE.exec(file)?.[1] ?? '';
  return file.endsWith('.sms') ? parseTextMessage(id, content) : parseMail(id, content);
}

function parseTextMessage(id: string, content: Buffer): StoredMail {
  const { to, text } = JSON.parse(content.toString()) as { to: string; text: string };
  return { id, kind: 'SMS', to, from: '', subject: 'Text message', at: timeOf(id), text, html: '' };
}

async function parseMail(id: string, content: Buffer): Promise<StoredMail> {
  const email = await PostalMime.parse(content);
  return {
    id,
    kind: 'MAIL',
    to: (email.to ?? []).map(({ address }) => address ?? '').join(', '),
    from: email.from?.address ?? '',
    subject: email.subject ?? '',
    at: timeOf(id),
    text: email.text ?? '',
    html: withInlineImages(email),
  };
}

/** `20251121T183000123Z-…` */
function timeOf(id: string): Date {
  const iso = id.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-.*$/,
    '$1-$2-$3T$4:$5:$6.$7Z',
  );
  return new Date(iso);
}

function withInlineImages(email: Email): string {
  const images = new Map(
    email.attachments
      .filter(({ mimeType, content }) => mimeType === 'image/png' && typeof content !== 'string')
      .map(({ contentId = '', content }) => [
        contentId.replace(/^<|>$/g, ''),
        Buffer.from(content as ArrayBuffer).toString('base64'),
      ]),
  );
  return (email.html ?? '').replace(/\bcid:([\w.-]+)/g, (reference, cid: string) => {
    const png = images.get(cid);
    return png === undefined ? reference : `data:image/png;base64,${png}`;
  });
}
