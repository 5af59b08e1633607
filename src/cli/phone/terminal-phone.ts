import { mkdir, writeFile } from 'node:fs/promises';
import { type } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { WebSocket } from 'ws';
import type { Clock } from '../../kernel/clock.js';
import type { DeviceTask } from '../../phone/contract.js';
import type { KeyAlgorithm } from '../../phone/keys/key-algorithm.js';
import { MemoryKeyStore, type KeyStore, type StoredMobileId } from '../../phone/keys/key-store.js';
import { parseLink } from '../../phone/link.js';
import { Phone, type Progress } from '../../phone/phone.js';
import { profileText } from '../../phone/profile-text.js';
import { connectToServer } from '../../phone/server-api.js';

export interface TerminalPhoneOptions {
  /** What stands in the QR code: `PUBLIC_URL/m#CODE`. */
  readonly link: string;
  readonly clock: Clock;
  /** Receives one line at a time, without its line break. */
  readonly write: (line: string) => void;
  readonly colour?: boolean;
  readonly name?: string | undefined;
  /** Insists on this key algorithm; without it, the server's first choice. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** Where certificates and chain are written as PEM, those that were recovered numbered. Private keys are written nowhere. */
  readonly outDir?: string | undefined;
  /** Remembers the mobile ID, to answer with later; without it, it is forgotten with the process. */
  readonly store?: KeyStore | undefined;
  /** Makes keys that the store can write to a file. */
  readonly extractableKeys?: boolean | undefined;
  /** Cancels the enrolment. */
  readonly signal?: AbortSignal | undefined;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/**
 * A phone in a terminal: claims the link, makes keys in memory, gets them certified, and tells each step.
 * Throws what `Phone` throws.
 */
export async function runTerminalPhone(options: TerminalPhoneOptions): Promise<StoredMobileId> {
  const { clock, name = 'Terminal phone', signal, write } = options;
  const paint: Paint = (style, text) => (options.colour === true ? styleText(style, text) : text);
  const { code, serverUrl } = parseLink(options.link);
  write(row(paint, 'Phone', `${name} (${type()})`));
  write(row(paint, 'Server', serverUrl));
  const phone = new Phone({
    serverUrl,
    api: connectToServer({ serverUrl, webSocketImpl: WebSocket }),
    store: options.store ?? new MemoryKeyStore(),
    extractableKeys: options.extractableKeys,
    device: { name, platform: type() },
    now: () => clock.now(),
    pause: (ms) => pause(ms),
    algorithm: options.algorithm,
    report: (progress) => {
      for (const line of progressLines(progress, paint)) write(line);
    },
  });
  const mobileId = await enrol(phone, code, signal);
  if (options.outDir !== undefined) await writePem(mobileId, options.outDir, write);
  return mobileId;
}

async function enrol(phone: Phone, code: string, signal?: AbortSignal): Promise<StoredMobileId> {
  try {
    await phone.claim(code);
    return await phone.complete(signal);
  } catch (error) {
    if (signal?.aborted === true) await phone.cancel();
    throw error;
  }
}

function progressLines(progress: Progress, paint: Paint): string[] {
  const done = (text: string): string => `  ${paint('green', '✓')} ${text}`;
  const doing = (text: string): string => `  ${paint('cyan', '…')} ${text}`;
  switch (progress.step) {
    case 'CLAIMING':
      return [doing('claiming the code')];
    case 'CLAIMED':
      return [done('the code belongs to this phone'), ...taskRows(progress.task, paint)];
    case 'AWAITING_CONFIRMATION':
      return confirmationLines(progress.code, paint);
    case 'MAKING_KEY':
      return [doing(`making the ${progress.kind} key, ${progress.algorithm}`)];
    case 'ACTIVATING':
      return [doing('sending the certificate requests')];
    case 'CHECKING':
      return [done('certificates received, checking them')];
    case 'RETRYING':
      return [doing(`no answer, trying again in ${(progress.waitMs / 1000).toString()} s`)];
    case 'STORED':
      return [done('every certificate is for a key of this phone, the chain is whole')].concat(
        mobileIdRows(progress.mobileId, paint),
      );
  }
}

function taskRows(task: DeviceTask, paint: Paint): string[] {
  const made = kindsOf(task, 'DEVICE');
  const received = kindsOf(task, 'SERVER');
  return [
    ...(made === '' ? [] : [row(paint, 'Makes', made)]),
    ...(received === '' ? [] : [row(paint, 'Receives', `${received}, which the server archives`)]),
    ...(task.bringsEarlierKeys ? [row(paint, 'Receives', 'keys of an earlier mobile ID')] : []),
    row(paint, 'For', plain(task.accountName ?? 'an ID that is assigned at the end')),
    row(paint, 'Profile', plain(profileText(task.profileName, task.serverName))),
  ];
}

function kindsOf({ keyRequests }: DeviceTask, origin: 'DEVICE' | 'SERVER'): string {
  const kinds = keyRequests.filter((request) => request.origin === origin);
  return new Intl.ListFormat('en-GB').format(kinds.map(({ kind }) => kind));
}

function confirmationLines(code: string | null, paint: Paint): string[] {
  if (code === null) return [`  ${paint('cyan', '…')} waiting for the confirmation`];
  const shown = paint('bold', `${code.slice(0, 3)} ${code.slice(3)}`);
  return [row(paint, 'Code', shown), `  ${paint('cyan', '…')} enter this code on the page`];
}

function mobileIdRows({ profile }: StoredMobileId, paint: Paint): string[] {
  const { accountName, assignedId, name, registrationUrl, state, validTo } = profile;
  return [
    row(paint, 'Mobile ID', plain(`${name} of ${accountName}`)),
    ...(assignedId ? [row(paint, 'ID', plain(assignedId.value))] : []),
    ...(registrationUrl ? [row(paint, 'Register', plain(registrationUrl))] : []),
    row(paint, 'State', `${paint('green', state)}, valid until ${day(validTo)}`),
    ...profile.certificates.flatMap(({ fingerprint, kind, serialNumber, status }) => [
      `    ${paint('bold', kind.padEnd(15))}${status.padEnd(8)}serial ${serialNumber}`,
      `    ${''.padEnd(15)}${paint('dim', `SHA-256 ${fingerprint}`)}`,
    ]),
  ];
}

function row(paint: Paint, label: string, text: string): string {
  return `  ${paint('dim', label.padEnd(10))} ${text}`;
}

/** What a server says must not steer the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

function day(instant: string): string {
  return instant.slice(0, 10);
}

async function writePem(
  { chain, profile }: StoredMobileId,
  outDir: string,
  write: (line: string) => void,
): Promise<void> {
  await mkdir(outDir, { recursive: true });
  const own = profile.certificates.filter(({ recovered }) => recovered !== true);
  const earlier = profile.certificates.filter(({ recovered }) => recovered === true);
  const files = [
    ...own.map(({ kind, pem }) => [fileOf(kind), pem] as const),
    ...earlier.map(({ kind, pem }, i) => [fileOf(`${kind}-${String(i + 1)}`), pem] as const),
    ['chain.pem', chain.map((pem) => `${pem.trimEnd()}\n`).join('')] as const,
  ];
  for (const [name, pem] of files) {
    const path = join(outDir, name);
    await writeFile(path, pem);
    write(`  wrote ${path}`);
  }
}

function fileOf(name: string): string {
  return `${name.toLowerCase()}.pem`;
}
