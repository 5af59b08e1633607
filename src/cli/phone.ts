import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '../kernel/clock.js';
import { adviceOn } from '../phone/advice.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../phone/keys/key-algorithm.js';
import { openMessage } from '../phone/messages/message.js';
import { parseProofLink, type MobileIdLink } from '../phone/link.js';
import { PhoneError } from '../phone/problem.js';
import { proofAdviceOn } from '../phone/proofs/proof-advice.js';
import { renewalAdviceOn } from '../phone/renewal/renewal-advice.js';
import { oneOf, readArguments, someText, UsageError, type Option } from './command-line.js';
import { FileKeyStore } from './phone/file-key-store.js';
import { runTerminalPhone } from './phone/terminal-phone.js';
import { runTerminalProof } from './phone/terminal-proof.js';
import { runTerminalRenewal } from './phone/terminal-renewal.js';
import { runTerminalReport } from './phone/terminal-report.js';
import { runCommand } from './run-command.js';

const EXIT = { FAILED: 1, INTERRUPTED: 130 } as const;

const USAGE = `A phone in a terminal: scans a mobile ID link, makes the keys, gets the certificates. Asked whether it is you, it signs.

  npm run phone -- LINK [--name "My phone"] [--algorithm P-256] [--out DIR] [--keep FILE] [--number NN]
  npm run phone -- decrypt MESSAGE --keep FILE
  npm run phone -- renew --keep FILE [--profile ID] [--algorithm P-256]
  npm run phone -- report --keep FILE

  LINK         what stands in the QR code, e.g. http://localhost:4000/m#…
  --name       how the phone calls itself
  --algorithm  ${KEY_ALGORITHMS.join(', ')}; without it, the server's first choice
  --out        writes certificates and chain there as PEM; private keys stay in memory
  renew        renews the mobile IDs in FILE that run out soon
  report       tells the servers that have assigned this phone an ID that it is in use
  --keep       keeps the mobile ID and its keys in this file, unencrypted, to answer, decrypt and renew with later
  --profile    renews this mobile ID alone
  --number     the number that the page shows, where the link asks whether it is you; else it is asked for

  decrypt      opens an encrypted message, a mail (.eml) or its attachment (.p7m), and writes what it says to the output

  Put LINK in quotes: a shell may take # for a comment.
  A server with a self-signed certificate: NODE_EXTRA_CA_CERTS=cert.pem npm run phone -- LINK
`;

interface Arguments {
  readonly link: string;
  readonly name: string | undefined;
  readonly algorithm: KeyAlgorithm | undefined;
  readonly outDir: string | undefined;
  readonly keepFile: string | undefined;
  readonly number: string | undefined;
  readonly profileId: string | undefined;
}

/** In place of a LINK. */
const RENEW = 'renew';
const REPORT = 'report';

/** An empty one says no. */
const NUMBER: Option<string> = { type: 'string', takes: 'a number', read: (text) => text };
const OPTIONS = {
  algorithm: oneOf(KEY_ALGORITHMS),
  keep: someText('the name of a file'),
  number: NUMBER,
  name: someText('a name'),
  out: someText('the name of a folder'),
  profile: someText('the ID of a mobile ID'),
} as const;

async function main(args: readonly string[]): Promise<number> {
  const wanted = wantedBy(args);
  if ('message' in wanted) return decrypt(wanted);
  const { link, keepFile } = wanted;
  if (keepFile !== undefined && (link === RENEW || isProof(link))) requireKept(keepFile);
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  try {
    await run(wanted, interrupted.signal);
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.stderr.write('\nCancelled.\n');
      return EXIT.INTERRUPTED;
    }
    process.stderr.write(explanationOf(error, adviceFor(wanted)));
    return EXIT.FAILED;
  }
}

async function run(wanted: Arguments, signal: AbortSignal): Promise<void> {
  const store =
    wanted.keepFile === undefined ? undefined : await FileKeyStore.open(wanted.keepFile);
  if (wanted.link === RENEW) {
    await renew(wanted, store);
    return;
  }
  if (wanted.link === REPORT) {
    if (store === undefined) throw new PhoneError('NO_SUCH_MOBILE_ID', 'Name its file by --keep.');
    await runTerminalReport({ store, clock: systemClock, write });
    return;
  }
  const link = parseProofLink(wanted.link);
  if (link !== undefined) {
    await prove(link, wanted, store);
    return;
  }
  await runTerminalPhone({
    ...wanted,
    store,
    extractableKeys: store !== undefined,
    clock: systemClock,
    colour: process.stdout.isTTY && process.stdout.hasColors(),
    signal,
    write,
  });
}

async function renew(
  { algorithm, profileId }: Arguments,
  store: FileKeyStore | undefined,
): Promise<void> {
  if (store === undefined) throw new PhoneError('NO_SUCH_MOBILE_ID', 'Name its file by --keep.');
  const renewed = await runTerminalRenewal({
    store,
    profileId,
    algorithm,
    clock: systemClock,
    write,
  });
  write(`  ${String(renewed)} renewed`);
}

async function prove(
  link: MobileIdLink,
  { number }: Arguments,
  store: FileKeyStore | undefined,
): Promise<void> {
  if (store === undefined)
    throw new PhoneError('NO_MATCHING_MOBILE_ID', 'Name its file by --keep.');
  const askNumber = number === undefined ? askForNumber : () => Promise.resolve(number);
  await runTerminalProof({ link, store, clock: systemClock, write, askNumber });
}

async function askForNumber(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question('  Number that the page shows (empty: not me): ');
    return typed.trim();
  } finally {
    terminal.close();
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Decryption {
  readonly message: string;
  readonly keepFile: string;
}

function decryptionOf(messages: readonly string[], keepFile?: string): Decryption {
  const [message, ...others] = messages;
  if (message === undefined || others.length > 0) {
    throw new UsageError('decrypt needs exactly one MESSAGE behind it.');
  }
  if (keepFile === undefined) {
    throw new UsageError('decrypt needs --keep: the file of the mobile ID.');
  }
  return { message, keepFile };
}

/** @throws Error that says what makes the file, where it is not there */
function requireKept(file: string): void {
  if (existsSync(file)) return;
  throw new Error(
    `There is no file ${file}. A phone that gets a mobile ID makes it: npm run phone -- LINK --keep ${file}`,
  );
}

/** What the message says goes to the output as it is, all else to the other one. */
async function decrypt({ message, keepFile }: Decryption): Promise<number> {
  if (!existsSync(message)) throw new Error(`There is no file ${message}.`);
  requireKept(keepFile);
  try {
    const store = await FileKeyStore.open(keepFile);
    const file = new Uint8Array(await readFile(message));
    const { content, certificate } = await openMessage(file, await store.listMobileIds());
    process.stderr.write(`  ✓ opened with the key of certificate ${certificate.serialNumber}\n`);
    process.stdout.write(content);
    return 0;
  } catch (error) {
    process.stderr.write(explanationOf(error, adviceOn));
    return EXIT.FAILED;
  }
}

function wantedBy(args: readonly string[]): Arguments | Decryption {
  const { words, values } = readArguments(args, OPTIONS);
  const { algorithm, name, number, keep: keepFile, out: outDir, profile: profileId } = values;
  const [link, ...others] = words;
  if (link === 'decrypt') return decryptionOf(others, keepFile);
  if (link === undefined || others.length > 0) throw new UsageError('Exactly one LINK is needed.');
  return { link, name, algorithm, outDir, keepFile, number, profileId };
}

const UNTRUSTED_CERTIFICATE = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function adviceFor({ link }: Arguments): typeof adviceOn {
  if (link === RENEW) return renewalAdviceOn;
  return isProof(link) ? proofAdviceOn : adviceOn;
}

function isProof(link: string): boolean {
  try {
    return parseProofLink(link) !== undefined;
  } catch {
    return false;
  }
}

function explanationOf(error: unknown, advise: typeof adviceOn): string {
  const { code, next, title } = advise(error);
  const lines = [`\n  ✗ ${title} (${code})`];
  if (error instanceof PhoneError && error.detail !== undefined) lines.push(`    ${error.detail}`);
  const cause = rootCauseOf(error);
  lines.push(UNTRUSTED_CERTIFICATE.has(cause) ? UNTRUSTED_ADVICE : `    ${next}`);
  if (cause !== '') lines.push(`    Cause: ${cause}`);
  return `${lines.join('\n')}\n`;
}

const UNTRUSTED_ADVICE =
  '    Its certificate is not trusted here. Set NODE_EXTRA_CA_CERTS to the PEM file of the certificate.';

/** The system's code for what broke the connection, or the message of an error nobody foresaw. */
function rootCauseOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause !== undefined) deepest = deepest.cause;
  if (deepest === error && adviceOn(error).code !== 'UNFORESEEN') return '';
  if (!(deepest instanceof Error)) return '';
  return 'code' in deepest && typeof deepest.code === 'string' ? deepest.code : deepest.message;
}

runCommand({ name: 'phone', usage: USAGE, run: main });
