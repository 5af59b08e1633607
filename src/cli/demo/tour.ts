import { Refusal } from './api.js';
import type { Mailbox } from './mails.js';
import { verifyWithOpenssl, type Verdict } from './openssl.js';
import { placeOrder, type Order } from './order.js';
import type { Passwords } from './passwords.js';
import { addressOf } from './setup.js';
import { inUnits, inWords, missingOf, proveByMail, signIn, type SignedIn } from './sign-in.js';
import type { Screen } from './screen.js';
import { watchTheScan, type ScanParts } from './scan.js';
import { DemoProblem } from './problem.js';

const USER = 'alva';

export interface TourParts extends ScanParts {
  readonly mailbox: Mailbox;
  readonly passwords: Passwords;
  readonly projectId: string;
}

const RESULT = `query ($id: ID!) {
  enrolment(id: $id) { profile { name certificates { kind status notAfter pem } } }
  certificateAuthority { chain }
}`;

interface Certificate {
  readonly kind: string;
  readonly status: string;
  readonly notAfter: string;
  readonly pem: string;
}
interface Result {
  readonly enrolment: {
    readonly profile: {
      readonly name: string;
      readonly certificates: readonly Certificate[];
    } | null;
  };
  readonly certificateAuthority: { readonly chain: readonly string[] };
}

/**
 * One enrolment in front of the reader, through the public API only.
 * @throws Error whose message says why it could not be played to its end
 */
export async function playTour(parts: TourParts): Promise<void> {
  const { api, screen, projectId } = parts;
  const session = await orExplain(signIn(api, USER, parts.passwords[USER]));
  screen.step(1, `${USER} signs in`, proven(session));
  const stronger = await beRefused(parts, session);
  const order = await orExplain(placeOrder(api, projectId, stronger.token));
  showOrder(screen, order);
  await watchTheScan(parts, order);
  await showCertificates(parts, order, stronger.token);
}

/** The refusal is the product: the server, not the page, asks for another method. */
async function beRefused(parts: TourParts, session: SignedIn): Promise<SignedIn> {
  const { api, screen, mailbox, projectId } = parts;
  const missing = await placeOrder(api, projectId, session.token).then(
    () => undefined,
    missingOrThrow,
  );
  if (missing === undefined) {
    const more = 'somebody has changed the access rule';
    screen.step(2, 'orders a mobile ID', { text: 'allowed at once', style: 'yellow', more });
    return session;
  }
  const text = `refused: ${inWords(missing)}`;
  screen.step(2, 'orders a mobile ID', { text, style: 'yellow' });
  if (!missing.every(({ anyOf }) => anyOf.some(({ method }) => method === 'EMAIL_CODE'))) {
    throw new DemoProblem('The access rule was changed to ask for what this play does not know.');
  }
  const address = addressOf(USER);
  const stronger = await orExplain(proveByMail(api, session, { mailbox, address }));
  const more = `code ${stronger.code} from the mail to ${address}`;
  screen.step(3, 'proves it by mail', { text: 'EMAIL_CODE ✓', style: 'green', more });
  return stronger;
}

type Missing = NonNullable<ReturnType<typeof missingOf>>;

function missingOrThrow(error: unknown): Missing {
  const missing = missingOf(error);
  if (missing === undefined) throw explained(error);
  return missing;
}

function showOrder(screen: Screen, { enrolment }: Order): void {
  const { codeExpiresAt, createdAt, qr } = enrolment;
  const seconds = Math.round((Date.parse(codeExpiresAt) - Date.parse(createdAt)) / 1000);
  const more = `the phone opens it as a link; good for ${inUnits(seconds)}`;
  screen.step(4, 'orders again', { text: 'a QR code', style: 'green', more });
  screen.gap();
  screen.verbatim(qr.text, 5);
  screen.gap();
  screen.verbatim(qr.uri, 5);
  screen.gap();
}

async function showCertificates(parts: TourParts, order: Order, token: string): Promise<void> {
  const { api, screen } = parts;
  const variables = { id: order.enrolment.id };
  const { enrolment, certificateAuthority } = await api.call<Result>(RESULT, variables, token);
  const certificates = enrolment.profile?.certificates ?? [];
  screen.gap();
  screen.step(5, 'has a mobile ID', {
    text: `${String(certificates.length)} certificates`,
    style: 'green',
    more: enrolment.profile?.name ?? '',
  });
  for (const certificate of certificates) {
    const { kind, status, notAfter, pem } = certificate;
    const purpose = kind === 'AUTHENTICATION' ? 'sslclient' : undefined;
    const verdict = await verifyWithOpenssl(pem, certificateAuthority.chain, purpose);
    const head = `${kind.padEnd(16)}${status.padEnd(8)}until ${notAfter.slice(0, 10)}   `;
    screen.line(`${head}${inVerdictWords(verdict, purpose)}`, { indent: 5 });
  }
}

function inVerdictWords(verdict: Verdict, purpose?: string): string {
  if (verdict === 'NOT_INSTALLED') return 'openssl is not installed here';
  const options = purpose === undefined ? '' : ` -purpose ${purpose}`;
  return `openssl verify -x509_strict${options}: ${verdict}`;
}

function proven({ methods }: SignedIn): { text: string; style: 'green' } {
  return { text: methods.map((method) => `${method} ✓`).join('  '), style: 'green' };
}

async function orExplain<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw explained(error);
  }
}

/** What the reader can do about a refusal that was not planned. */
function explained(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  return new DemoProblem(`${error.message} ${adviceOn(error)}`.trim(), { cause: error });
}

function adviceOn({ code, facts }: Refusal): string {
  const wait = facts['retryAfterSeconds'];
  if (typeof wait === 'number') {
    return `${USER} can go on in ${inUnits(wait)}; or begin anew: npm run demo -- --data DIR`;
  }
  switch (code) {
    case 'INVALID_CREDENTIALS':
      return `(${USER}'s password is no longer the one that the demo made.)`;
    case 'PROFILE_LIMIT_REACHED':
      return 'Begin anew: npm run demo -- --data DIR';
    default:
      return `(${code})`;
  }
}
