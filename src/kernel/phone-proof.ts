import type { KeyObject } from 'node:crypto';
import { DomainError } from './errors.js';

/** What phones sign is a JWS (RFC 7515), compact: a longer one is not looked at. */
export const MAX_PROOF_CHARACTERS = 4096;
const MAX_AGE_SECONDS = 60;
const SHA256_BYTES = 32;
const CURVES: ReadonlyMap<string, string[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
]);
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

/**
 * Which certificate a JWS of this type says it was signed with: `x5t#S256` of its header (RFC 7515 section 4.1.8).
 * @returns SHA-256, upper case, octets parted by colons
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM
 */
export function signerNamedIn(jws: string, type: string): string {
  const [header = ''] = jws.split('.', 1);
  const { typ, 'x5t#S256': thumbprint } = claimsIn(Buffer.from(header, 'base64url'));
  if (typ !== type || typeof thumbprint !== 'string') throw proofRejected('FORM');
  const digest = Buffer.from(thumbprint, 'base64url');
  const isCanonical = digest.toString('base64url') === thumbprint;
  if (!isCanonical || digest.length !== SHA256_BYTES) throw proofRejected('FORM');
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

/** In which algorithms a key of a certificate signs (RFC 7518 section 3.1); never by the header's own word. */
export function algorithmsFor(key: KeyObject): string[] {
  if (key.asymmetricKeyType === 'rsa') return ['RS256', 'PS256'];
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  return CURVES.get(curve) ?? [];
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
