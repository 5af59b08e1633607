import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import type { Email } from 'postal-mime';
import { hasCode } from './system-errors.js';

/** A mail as the mailbox shows it. */
export interface StoredMail {
  /** Name of its file without `.eml`; sorts by time. */
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly at: Date;
  readonly text: string;
  /** Images of the mail itself stand in it as `data:` URLs. */
  readonly html: string;
}

const FILE = /^(\d{8}T\d{9}Z-[0-9a-f]{12})\.eml$/;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Writes one mail to a file that appears whole, or not at all. Its name tells the time and nothing of the mail. */
export async function storeMail(folder: string, at: Date, message: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await chmod(folder, FOLDER_MODE); // where it was there before, with the rights of someone's umask
  const id = `${at.toISOString().replace(/[-:.]/g, '')}-${randomBytes(6).toString('hex')}`;
  const unfinished = join(folder, `.${id}.tmp`);
  const file = await open(unfinished, 'wx', FILE_MODE);
  try {
    await file.writeFile(message);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(folder, `${id}.eml`));
}

/** The newest mails, newest first. */
export async function listMails(folder: string, limit: number): Promise<StoredMail[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const ids = names.flatMap((name) => FILE.exec(name)?.[1] ?? []);
  const newest = ids.sort().reverse().slice(0, limit);
  return await Promise.all(newest.map((id) => parseFile(folder, id)));
}

/** Null where `id` names no mail. */
export async function readMail(folder: string, id: string): Promise<StoredMail | null> {
  if (!FILE.test(`${id}.eml`)) return null;
  return await parseFile(folder, id).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
}

async function parseFile(folder: string, id: string): Promise<StoredMail> {
  const email = await PostalMime.parse(await readFile(join(folder, `${id}.eml`)));
  return {
    id,
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
