import { X509Certificate, type KeyObject } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { DomainError } from '../../../kernel/errors.js';
import {
  claimsIn,
  MAX_PROOF_CHARACTERS,
  proofRejected,
  requireFresh,
} from '../../../kernel/phone-proof.js';
import { equalSecrets } from '../../../kernel/secrets.js';

const SHA256_BYTES = 32;

/** What an answer must have been made for. */
export interface AnswerTarget {
  /** The server's public URL. */
  readonly audience: string;
  readonly proofId: string;
  readonly nonce: string;
  readonly now: Date;
}

/**
 * Which certificate the answer says it was signed with: `x5t#S256` of its header (RFC 7515 section 4.1.8).
 * @returns SHA-256, upper case, octets parted by colons
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM
 */
export function fingerprintIn(answer: string): string {
  if (answer.length > MAX_PROOF_CHARACTERS) throw proofRejected('FORM');
  const { typ, 'x5t#S256': thumbprint } = headerOf(answer);
  if (typ !== 'mobile-id+jwt' || typeof thumbprint !== 'string') throw proofRejected('FORM');
  const digest = Buffer.from(thumbprint, 'base64url');
  const isCanonical = digest.toString('base64url') === thumbprint;
  if (!isCanonical || digest.length !== SHA256_BYTES) throw proofRejected('FORM');
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
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

/** RFC 7518 section 3.1; never by the header's own word. */
function algorithmsFor(key: KeyObject): string[] {
  if (key.asymmetricKeyType === 'rsa') return ['RS256', 'PS256'];
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  return CURVES.get(curve) ?? [];
}

const CURVES: ReadonlyMap<string, string[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
]);

function headerOf(answer: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(answer) };
  } catch (cause) {
    throw proofRejected('FORM', cause);
  }
}
