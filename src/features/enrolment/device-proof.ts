import { calculateJwkThumbprint, compactVerify, EmbeddedJWK, type JWK } from 'jose';
import { DomainError } from '../../kernel/errors.js';
import { equalSecrets, sha256 } from '../../kernel/secrets.js';

const MAX_AGE_SECONDS = 60;
const MAX_CHARACTERS = 4096;
const PUBLIC_MEMBERS: ReadonlySet<string> = new Set(['kty', 'crv', 'x', 'y']);

/** What a proof must have been made for. */
export interface ProofTarget {
  /** The server's public URL. */
  readonly audience: string;
  readonly code: string;
  readonly now: Date;
}

/**
 * Checks which phone calls: a JWS (RFC 7515), ES256, typ `claim+jwt`, its public key in the header.
 * @returns thumbprint of that key (RFC 7638, base64url)
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, KEY, SIGNATURE, AUDIENCE, TIME or CODE
 */
export async function checkDeviceProof(proof: string, target: ProofTarget): Promise<string> {
  if (proof.length > MAX_CHARACTERS) throw rejected('FORM');
  const verified = await compactVerify(proof, EmbeddedJWK, { algorithms: ['ES256'] }).catch(
    (cause: unknown) => {
      throw rejected('SIGNATURE', cause);
    },
  );
  const { jwk, typ } = verified.protectedHeader;
  if (typ !== 'claim+jwt') throw rejected('FORM');
  if (jwk === undefined || !isBarePublicKey(jwk)) throw rejected('KEY');
  checkClaims(claimsOf(verified.payload), target);
  return calculateJwkThumbprint(jwk, 'sha256');
}

function checkClaims(claims: Record<string, unknown>, target: ProofTarget): void {
  const { aud, iat, cth } = claims;
  if (aud !== target.audience) throw rejected('AUDIENCE');
  const ageSeconds = typeof iat === 'number' ? target.now.getTime() / 1000 - iat : Infinity;
  if (!(Math.abs(ageSeconds) <= MAX_AGE_SECONDS)) throw rejected('TIME');
  const expected = sha256(target.code);
  if (typeof cth !== 'string' || !equalSecrets(Buffer.from(cth, 'base64url'), expected)) {
    throw rejected('CODE');
  }
}

function isBarePublicKey(jwk: JWK): boolean {
  const members = Object.keys(jwk);
  const isBare = members.every((member) => PUBLIC_MEMBERS.has(member));
  return isBare && jwk.kty === 'EC' && jwk.crv === 'P-256';
}

function claimsOf(payload: Uint8Array): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch (cause) {
    throw rejected('FORM', cause);
  }
}

function rejected(reason: string, cause?: unknown): DomainError {
  return new DomainError('DEVICE_PROOF_REJECTED', { reason }, { cause });
}
