import { parseArgs } from 'node:util';
import { systemClock } from '../kernel/clock.js';
import { adviceOn } from '../phone/advice.js';
import { isKeyAlgorithm, KEY_ALGORITHMS, type KeyAlgorithm } from '../phone/key-algorithm.js';
import { PhoneError } from '../phone/problem.js';
import { runTerminalPhone } from './terminal-phone.js';

const EXIT = { FAILED: 1, MISUSED: 2, INTERRUPTED: 130 } as const;

const USAGE = `A phone in a terminal: scans a mobile ID link, makes the keys, gets the certificates.

  npm run phone -- LINK [--name "My phone"] [--algorithm P-256] [--out DIR]

  LINK         what stands in the QR code, e.g. http://localhost:4000/m#…
  --name       how the phone calls itself
  --algorithm  ${KEY_ALGORITHMS.join(', ')}; without it, the server's first choice
  --out        writes certificates and chain there as PEM; private keys stay in memory

  Put LINK in quotes: a shell may take # for a comment.
  A server with a self-signed certificate: NODE_EXTRA_CA_CERTS=cert.pem npm run phone -- LINK
`;

interface Arguments {
  readonly link: string;
  readonly name: string | undefined;
  readonly algorithm: KeyAlgorithm | undefined;
  readonly outDir: string | undefined;
}

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === 'HELP') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (wanted instanceof Error) {
    process.stderr.write(`${wanted.message}\n\n${USAGE}`);
    return EXIT.MISUSED;
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  try {
    await runTerminalPhone({
      ...wanted,
      clock: systemClock,
      colour: process.stdout.isTTY && process.stdout.hasColors(),
      signal: interrupted.signal,
      write: (line) => process.stdout.write(`${line}\n`),
    });
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.stderr.write('\nCancelled.\n');
      return EXIT.INTERRUPTED;
    }
    process.stderr.write(explanationOf(error));
    return EXIT.FAILED;
  }
}

function readArguments(args: string[]): Arguments | 'HELP' | Error {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        algorithm: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        name: { type: 'string' },
        out: { type: 'string' },
      },
    });
    if (values.help === true) return 'HELP';
    const [link, ...others] = positionals;
    if (link === undefined || others.length > 0) return new Error('Exactly one LINK is needed.');
    const { algorithm, name, out } = values;
    if (algorithm === undefined) return { link, name, algorithm, outDir: out };
    if (isKeyAlgorithm(algorithm)) return { link, name, algorithm, outDir: out };
    return new Error(`--algorithm must be one of ${KEY_ALGORITHMS.join(', ')}.`);
  } catch (error) {
    return error instanceof Error ? error : new Error('Unreadable arguments.');
  }
}

const UNTRUSTED_CERTIFICATE = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function explanationOf(error: unknown): string {
  const { code, next, title } = adviceOn(error);
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

void main().then((code) => {
  process.exitCode = code;
});
