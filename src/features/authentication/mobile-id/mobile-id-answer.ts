import { X509Certificate } from 'node:crypto';
import { compactVerify } from 'jose';
import { DomainError } from '../../../kernel/errors.js';
import {
  algorithmsFor,
  claimsIn,
  MAX_PROOF_CHARACTERS,
  proofRejected,
  requireFresh,
  signerNamedIn,
} from '../../../kernel/phone-proof.js';
import { equalSecrets } from '../../../kernel/secrets.js';

/** What an answer must have been made for. */
export interface AnswerTarget {
  /** The server's public URL. */
  readonly audience: string;
  readonly proofId: string;
  readonly nonce: string;
  readonly now: Date;
}

/**
 * Which certificate the answer says it was signed with.
 * @returns SHA-256, upper case, octets parted by colons
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM
 */
export function fingerprintIn(answer: string): string {
  if (answer.length > MAX_PROOF_CHARACTERS) throw proofRejected('FORM');
  return signerNamedIn(answer, 'mobile-id+jwt');
}

/**
 * Checks the signature by the certificate's key, in the one algorithm that goes with it, and what was signed but the number.
 * @returns the number that the person typed
 * @throws DomainError INVALID_CREDENTIALS where it was signed with another key; DEVICE_PROOF_REJECTED with `reason` FORM,
 * AUDIENCE, CODE or TIME where it was made for something else
 */
export async function checkAnswer(
  answer: string,
  certificateDer: Buffer,
  target: AnswerTarget,
): Promise<string> {
  const { publicKey } = new X509Certificate(certificateDer);
  const { payload } = await compactVerify(answer, publicKey, {
    algorithms: algorithmsFor(publicKey),
  }).catch((cause: unknown) => {
    throw new DomainError('INVALID_CREDENTIALS', {}, { cause });
  });
  const claims = claimsIn(payload);
  checkClaims(claims, target);
  const { number } = claims;
  if (typeof number !== 'string' || !/^\d{2}$/.test(number)) throw proofRejected('FORM');
  return number;
}

function checkClaims(claims: Record<string, unknown>, target: AnswerTarget): void {
  const { aud, jti, nonce } = claims;
  if (aud !== target.audience) throw proofRejected('AUDIENCE');
  const isOfProof =
    jti === target.proofId &&
    typeof nonce === 'string' &&
    equalSecrets(Buffer.from(nonce), Buffer.from(target.nonce));
  if (!isOfProof) throw proofRejected('CODE');
  requireFresh(claims, target.now);
}
