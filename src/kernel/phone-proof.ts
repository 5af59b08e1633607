import { DomainError } from './errors.js';

/** What phones sign is a JWS (RFC 7515), compact: a longer one is not looked at. */
export const MAX_PROOF_CHARACTERS = 4096;
const MAX_AGE_SECONDS = 60;
const PUBLIC_MEMBERS: ReadonlySet<string> = new Set(['kty', 'crv', 'x', 'y']);

/** @param reason what a phone's author has to know of it, such as FORM */
export function proofRejected(reason: string, cause?: unknown): DomainError {
  return new DomainError('DEVICE_PROOF_REJECTED', { reason }, { cause });
}

/** Whether a JWK is the public half of a phone's own key, P-256, and nothing beside it. */
export function isDeviceKey(jwk: { readonly kty?: string; readonly crv?: string }): boolean {
  const isBare = Object.keys(jwk).every((member) => PUBLIC_MEMBERS.has(member));
  return isBare && jwk.kty === 'EC' && jwk.crv === 'P-256';
}

/** @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM where it is no JSON */
export function claimsIn(payload: Uint8Array): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch (cause) {
    throw proofRejected('FORM', cause);
  }
}

/** @throws DomainError DEVICE_PROOF_REJECTED with `reason` TIME unless it was made a minute ago at the most; clocks may differ by as much */
export function requireFresh({ iat }: Record<string, unknown>, now: Date): void {
  const ageSeconds = typeof iat === 'number' ? now.getTime() / 1000 - iat : Infinity;
  if (!(Math.abs(ageSeconds) <= MAX_AGE_SECONDS)) throw proofRejected('TIME');
}
