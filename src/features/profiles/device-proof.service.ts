import { calculateJwkThumbprint, compactVerify, EmbeddedJWK } from 'jose';
import {
  claimsIn,
  isDeviceKey,
  MAX_PROOF_CHARACTERS,
  proofRejected,
  requireFresh,
} from '../../kernel/phone-proof.js';

/** What a proof must have been made for. */
export interface ProofTarget {
  /** Its `typ`, such as `claim+jwt`. */
  readonly type: string;
  /** The server's public URL. */
  readonly audience: string;
  readonly now: Date;
  /** Where it holds more than claims. */
  readonly maxCharacters?: number;
}

/** What a phone's own key has signed. */
export interface ProvenDevice {
  /** Of that key (RFC 7638, base64url). */
  readonly thumbprint: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Which phone calls: a JWS (RFC 7515), ES256, its public key in the header.
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, KEY, SIGNATURE, AUDIENCE or TIME
 */
export async function provenDevice(proof: string, target: ProofTarget): Promise<ProvenDevice> {
  const { maxCharacters = MAX_PROOF_CHARACTERS } = target;
  if (proof.length > maxCharacters) throw proofRejected('FORM');
  const verified = await compactVerify(proof, EmbeddedJWK, { algorithms: ['ES256'] }).catch(
    (cause: unknown) => {
      throw proofRejected('SIGNATURE', cause);
    },
  );
  const { jwk, typ } = verified.protectedHeader;
  if (typ !== target.type) throw proofRejected('FORM');
  if (jwk === undefined || !isDeviceKey(jwk)) throw proofRejected('KEY');
  const claims = claimsIn(verified.payload);
  if (claims['aud'] !== target.audience) throw proofRejected('AUDIENCE');
  requireFresh(claims, target.now);
  return { thumbprint: await calculateJwkThumbprint(jwk, 'sha256'), claims };
}
