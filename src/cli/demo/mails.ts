import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { listMails } from '../../platform/delivery/mailbox.js';
import type { PublicApi } from './api.js';
import { DemoProblem } from './problem.js';
import type { Screen } from './screen.js';

const PAUSE_MS = 50;
const LEISURE_MS = 500;
const PATIENCE_MS = 15_000;
const MAILS = 100;
const SIX_DIGITS = /(?<!\d)\d{6}(?!\d)/;

const mails = z.array(
  z.object({ to: z.string(), subject: z.string(), at: z.coerce.date(), text: z.string() }),
);
type Mail = z.infer<typeof mails>[number];
/** Reads the mails, newest first. */
export type Mailbox = () => Promise<readonly Mail[]>;

/** As the page at `/mailbox` shows it. */
export function shownMailbox(api: PublicApi): Mailbox {
  return async () => mails.parse(await api.getJson('/mailbox/messages.json'));
}

/** Where the server shows no mailbox: the files that it would show. */
export function mailboxFiles(dataDir: string): Mailbox {
  return () => listMails(mailboxFolder(dataDir), MAILS);
}

export function mailboxFolder(dataDir: string): string {
  return join(dataDir, 'mailbox');
}

/** Asks for a code and waits for the mail that brings it. @throws Error where none comes */
export async function mailedCode(
  mailbox: Mailbox,
  address: string,
  askForIt: () => Promise<unknown>,
): Promise<string> {
  const earlier = await newestTo(mailbox, address);
  await askForIt();
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const mail = await newestTo(mailbox, address);
    const code = SIX_DIGITS.exec(mail?.text ?? '')?.[0];
    const isNew = mail !== undefined && (earlier === undefined || mail.at > earlier.at);
    if (isNew && code !== undefined) return code;
    await pause(PAUSE_MS);
  }
  throw new DemoProblem(`No mail has come to ${address}.`);
}

async function newestTo(mailbox: Mailbox, address: string): Promise<Mail | undefined> {
  return (await mailbox()).find(({ to }) => to === address);
}

/** Where no page shows the mails: says in the terminal what comes, with the code in it, until it is stopped. */
export async function tellMails(
  screen: Screen,
  mailbox: Mailbox,
  signal: AbortSignal,
): Promise<void> {
  let told = new Set((await mailbox()).map(idOf));
  while (!signal.aborted) {
    const present = await mailbox();
    for (const mail of present.filter((one) => !told.has(idOf(one))).reverse()) {
      const code = SIX_DIGITS.exec(mail.text)?.[0];
      screen.good(`Mail to ${mail.to}: ${mail.subject}${code === undefined ? '' : ` (${code})`}`);
    }
    told = new Set(present.map(idOf));
    await pause(LEISURE_MS, undefined, { signal }).catch(() => undefined);
  }
}

function idOf({ at, to }: Mail): string {
  return `${at.toISOString()} ${to}`;
}
