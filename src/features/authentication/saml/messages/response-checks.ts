import type { SamlResponse, SubjectConfirmation } from './response.js';
import { SamlRefusal, type SamlReason } from './saml-refusal.js';

/** How far the clocks of a provider and of this server may be apart. */
export const CLOCK_SKEW_MS = 60_000;

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** What an answer has to fit. */
export interface Expected {
  /** The provider's name for itself. */
  readonly issuer: string;
  /** Our name at the provider. */
  readonly audience: string;
  readonly acsUrl: string;
  readonly authenticationContext: string | null;
  readonly acceptUnsolicited: boolean;
  /** What it answers; null for what was not asked for. */
  readonly requestId: string | null;
  /** How old the sign-in at the provider may be; null: any age. */
  readonly maxAgeSeconds: number | null;
  readonly now: Date;
}

type Check = (response: SamlResponse, expected: Expected) => boolean;

/**
 * What the library lets pass, and what it refuses as well but names in no closed way; in the order of the standard. Each check
 * says what must hold.
 */
const CHECKS: readonly (readonly [SamlReason, Check])[] = [
  ['VERSION', ({ version, assertion }) => version === '2.0' && assertion.version === '2.0'],
  // SAML bindings 3.5.5.2: a signed message says where it was sent
  ['DESTINATION', ({ destination }, { acsUrl }) => destination === acsUrl],
  // SAML profiles 4.1.4.2
  ['ISSUER', ({ issuer, assertion }, expected) =>
    issuer === expected.issuer && assertion.issuer === expected.issuer],
  ['UNSOLICITED', (_, { requestId, acceptUnsolicited }) => requestId !== null || acceptUnsolicited],
  ['UNKNOWN_REQUEST', ({ inResponseTo }, { requestId }) => inResponseTo === requestId],
  // SAML profiles 4.1.4.3, each of its steps
  ['RECIPIENT', ({ assertion }, { acsUrl }) =>
    assertion.confirmations.every(({ recipient }) => recipient === null || recipient === acsUrl)],
  ['CONFIRMATION', ({ assertion }, expected) =>
    assertion.confirmations.some((confirmation) => isConfirmed(confirmation, expected))],
  ['CONDITION', ({ assertion }) => !assertion.conditions.hasUnknown],
  ['AUDIENCE', ({ assertion }, { audience }) =>
    assertion.conditions.audiences.length > 0 &&
    assertion.conditions.audiences.every((restriction) => restriction.includes(audience))],
  ['NOT_YET_VALID', ({ assertion }, { now }) => hasBegun(assertion.conditions.notBefore, now)],
  ['EXPIRED', ({ assertion }, { now }) => goesOn(assertion.conditions.notOnOrAfter, now)],
  ['EXPIRED', ({ assertion }, { now }) => goesOn(assertion.sessionEndsAt, now)],
  ['NAME_ID', ({ assertion }) => /^[^\p{Cc}]{1,1024}$/u.test(assertion.nameId.value)],
  ['AUTHENTICATION_CONTEXT', ({ assertion }, { authenticationContext }) =>
    authenticationContext === null || assertion.context === authenticationContext],
  ['AUTHENTICATION_INSTANT', ({ assertion: { authenticatedAt } }, { now }) =>
    authenticatedAt !== null && hasBegun(authenticatedAt, now)],
  ['NOT_FRESH', ({ assertion: { authenticatedAt } }, { now, maxAgeSeconds }) =>
    maxAgeSeconds === null ||
    (authenticatedAt !== null &&
      authenticatedAt.getTime() + maxAgeSeconds * 1000 >= now.getTime())],
]; // prettier-ignore

/** @throws SamlRefusal with the first check that does not hold */
export function checkResponse(response: SamlResponse, expected: Expected): void {
  const failed = CHECKS.find(([, holds]) => !holds(response, expected));
  if (failed !== undefined) throw new SamlRefusal(failed[0]);
}

/** Until when the assertion could be shown once more. */
export function lastInstantOf({ assertion }: SamlResponse, now: Date): Date {
  const ends = [
    assertion.conditions.notOnOrAfter,
    ...assertion.confirmations.map(({ notOnOrAfter }) => notOnOrAfter),
  ].map((end) => end?.getTime() ?? 0);
  return new Date(Math.max(now.getTime(), ...ends) + CLOCK_SKEW_MS);
}

function isConfirmed(confirmation: SubjectConfirmation, expected: Expected): boolean {
  const { method, recipient, inResponseTo, notBefore, notOnOrAfter } = confirmation;
  return (
    method === BEARER &&
    recipient === expected.acsUrl &&
    inResponseTo === expected.requestId &&
    notOnOrAfter !== null &&
    goesOn(notOnOrAfter, expected.now) &&
    hasBegun(notBefore, expected.now)
  );
}

function hasBegun(from: Date | null, now: Date): boolean {
  return from === null || from.getTime() <= now.getTime() + CLOCK_SKEW_MS;
}

function goesOn(until: Date | null, now: Date): boolean {
  return until === null || now.getTime() < until.getTime() + CLOCK_SKEW_MS;
}
