import { readNameId, requireSuccess } from './response.js';
import { SamlRefusal } from './saml-refusal.js';
import { CLOCK_SKEW_MS } from './response-checks.js';
import {
  attributeOf,
  childrenOf,
  descendantsOf,
  instantOf,
  isElement,
  NS,
  requiredChild,
  textOf,
} from './xml.js';

/** How long after it was made a message may arrive. */
const MAX_AGE_MS = 5 * 60_000;

interface Envelope {
  readonly id: string;
  readonly issuer: string;
  readonly destination: string | null;
  readonly issuedAt: Date | null;
  readonly version: string | null;
}

export interface LogoutRequest extends Envelope {
  readonly kind: 'REQUEST';
  readonly nameId: string;
  /** Empty: all sessions of the name. */
  readonly sessionIndexes: readonly string[];
  readonly notOnOrAfter: Date | null;
}

export interface LogoutResponse extends Envelope {
  readonly kind: 'RESPONSE';
  readonly inResponseTo: string | null;
}

export type LogoutMessage = LogoutRequest | LogoutResponse;

/** @throws SamlRefusal MALFORMED, ENCRYPTED; STATUS where the provider could not sign out */
export function readLogout(root: Element): LogoutMessage {
  if (descendantsOf(root).some(({ localName }) => localName.startsWith('Encrypted'))) {
    throw new SamlRefusal('ENCRYPTED');
  }
  if (isElement(root, NS.protocol, 'LogoutRequest')) return readRequest(root);
  if (isElement(root, NS.protocol, 'LogoutResponse')) return readAnswer(root);
  throw new SamlRefusal('MALFORMED');
}

/** @throws SamlRefusal VERSION, DESTINATION, ISSUER, NOT_YET_VALID, EXPIRED */
export function checkLogout(
  message: LogoutMessage,
  expected: { readonly issuer: string; readonly destination: string; readonly now: Date },
): void {
  if (message.version !== '2.0' || message.id === '') throw new SamlRefusal('VERSION');
  if (message.destination !== expected.destination) throw new SamlRefusal('DESTINATION');
  if (message.issuer !== expected.issuer) throw new SamlRefusal('ISSUER');
  const issued = message.issuedAt?.getTime() ?? Number.NaN;
  const now = expected.now.getTime();
  if (!(issued <= now + CLOCK_SKEW_MS)) throw new SamlRefusal('NOT_YET_VALID');
  if (now >= lastInstantOfLogout(message).getTime()) throw new SamlRefusal('EXPIRED');
}

/** Until when it could be shown once more. */
export function lastInstantOfLogout(message: LogoutMessage): Date {
  const oldest = (message.issuedAt?.getTime() ?? 0) + MAX_AGE_MS;
  const end = message.kind === 'REQUEST' ? (message.notOnOrAfter?.getTime() ?? oldest) : oldest;
  return new Date(Math.min(oldest, end) + CLOCK_SKEW_MS);
}

function readRequest(root: Element): LogoutRequest {
  return {
    kind: 'REQUEST',
    ...readEnvelope(root),
    nameId: readNameId(root).value,
    sessionIndexes: childrenOf(root, NS.protocol, 'SessionIndex').map(textOf),
    notOnOrAfter: instantOf(root, 'NotOnOrAfter'),
  };
}

function readAnswer(root: Element): LogoutResponse {
  requireSuccess(root);
  return {
    kind: 'RESPONSE',
    ...readEnvelope(root),
    inResponseTo: attributeOf(root, 'InResponseTo'),
  };
}

function readEnvelope(root: Element): Envelope {
  return {
    id: attributeOf(root, 'ID') ?? '',
    version: attributeOf(root, 'Version'),
    issuer: textOf(requiredChild(root, NS.assertion, 'Issuer')),
    destination: attributeOf(root, 'Destination'),
    issuedAt: instantOf(root, 'IssueInstant'),
  };
}
