import { calculateJwkThumbprint, compactVerify, EmbeddedJWK } from 'jose';
import {
  claimsIn,
  isDeviceKey,
  MAX_PROOF_CHARACTERS,
  proofRejected,
  requireFresh,
} from '../../kernel/phone-proof.js';
import { equalSecrets, sha256 } from '../../kernel/secrets.js';

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
  if (proof.length > MAX_PROOF_CHARACTERS) throw proofRejected('FORM');
  const verified = await compactVerify(proof, EmbeddedJWK, { algorithms: ['ES256'] }).catch(
    (cause: unknown) => {
      throw proofRejected('SIGNATURE', cause);
    },
  );
  const { jwk, typ } = verified.protectedHeader;
  if (typ !== 'claim+jwt') throw proofRejected('FORM');
  if (jwk === undefined || !isDeviceKey(jwk)) throw proofRejected('KEY');
  checkClaims(claimsIn(verified.payload), target);
  return calculateJwkThumbprint(jwk, 'sha256');
}

function checkClaims(claims: Record<string, unknown>, target: ProofTarget): void {
  const { aud, cth } = claims;
  if (aud !== target.audience) throw proofRejected('AUDIENCE');
  requireFresh(claims, target.now);
  const expected = sha256(target.code);
  if (typeof cth !== 'string' || !equalSecrets(Buffer.from(cth, 'base64url'), expected)) {
    throw proofRejected('CODE');
  }
}
