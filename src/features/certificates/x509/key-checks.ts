import { createHash } from 'node:crypto';
import {
  type DerValue,
  exactItemsOf,
  octetsOfBitString,
  parseDer,
  positiveInteger,
  TAG,
} from './der.js';
import { DomainError } from '../../../kernel/errors.js';

/**
 * Why a certificate request was turned down: not one PKCS #10 request in strict DER; proof of possession fails; key
 * too weak; key type, curve or signature algorithm not served; challengePassword unreadable or given twice.
 */
export type CsrRejectionReason = 'MALFORMED' | 'SIGNATURE' | 'WEAK_KEY' | 'ALGORITHM' | 'CHALLENGE';

export type PublicKeyAlgorithm = 'P-256' | 'P-384' | `RSA-${string}`;

const KEY_ID_OCTETS = 20;
const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 8192;
const MIN_EXPONENT = 65537;
const MAX_EXPONENT_OCTETS = 4;
/** NIST SP 800-89 5.3.3: a modulus has no factor below this. */
const MIN_FACTOR = 752;
const SMALL_PRIMES = primesBelow(MIN_FACTOR).map(BigInt);

/** Whole AlgorithmIdentifiers, so that nothing but these very parameters passes (RFC 3279 2.3.1, RFC 5480 2.1.1). */
const KEY_CHECKS: ReadonlyMap<string, (key: Buffer) => PublicKeyAlgorithm> = new Map([
  ['300d06092a864886f70d0101010500', rsaAlgorithm],
  ['301306072a8648ce3d020106082a8648ce3d030107', (key) => curveAlgorithm('P-256', key, 32)],
  ['301006072a8648ce3d020106052b81040022', (key) => curveAlgorithm('P-384', key, 48)],
]);

export function rejectedRequest(reason: CsrRejectionReason, options?: ErrorOptions): DomainError {
  return new DomainError('CSR_REJECTED', { reason }, options);
}

/**
 * Name of the key in a SubjectPublicKeyInfo, if it is of a kind and strength that gets a certificate. Whether an
 * EC point lies on its curve is left to the crypto library, which refuses to import one that does not.
 * @throws DomainError CSR_REJECTED with reason ALGORITHM or WEAK_KEY; DerError
 */
export function acceptedKeyAlgorithm(spki: DerValue): PublicKeyAlgorithm {
  const [algorithm, key] = exactItemsOf(spki, TAG.SEQUENCE, 2);
  const check = KEY_CHECKS.get(algorithm?.encoded.toString('hex') ?? '');
  if (!check) throw rejectedRequest('ALGORITHM');
  return check(octetsOfBitString(key));
}

/** Key identifier of a SubjectPublicKeyInfo: RFC 7093 2, method 1. @throws DerError */
export function keyIdOf(spki: DerValue): Buffer {
  const [, key] = exactItemsOf(spki, TAG.SEQUENCE, 2);
  return createHash('sha256').update(octetsOfBitString(key)).digest().subarray(0, KEY_ID_OCTETS);
}

function rsaAlgorithm(key: Buffer): PublicKeyAlgorithm {
  const [n, e] = exactItemsOf(parseDer(key), TAG.SEQUENCE, 2);
  const modulus = positiveInteger(n);
  const bits = modulus.length * 8 - (Math.clz32(modulus.readUInt8(0)) - 24);
  if (bits < MIN_MODULUS_BITS || bits > MAX_MODULUS_BITS) throw rejectedRequest('WEAK_KEY');
  if (!isSoundExponent(positiveInteger(e)) || hasSmallFactor(modulus)) {
    throw rejectedRequest('WEAK_KEY');
  }
  return `RSA-${bits.toString()}`;
}

function isSoundExponent(exponent: Buffer): boolean {
  if (exponent.length > MAX_EXPONENT_OCTETS) return false;
  const value = exponent.readUIntBE(0, exponent.length);
  return value >= MIN_EXPONENT && value % 2 === 1;
}

function hasSmallFactor(modulus: Buffer): boolean {
  const value = BigInt(`0x${modulus.toString('hex')}`);
  return SMALL_PRIMES.some((prime) => value % prime === 0n);
}

// RFC 5480 2.2; only the uncompressed form, so that one key has one encoding
function curveAlgorithm(
  curve: 'P-256' | 'P-384',
  point: Buffer,
  fieldOctets: number,
): PublicKeyAlgorithm {
  if (point[0] !== 4 || point.length !== 1 + 2 * fieldOctets) throw rejectedRequest('ALGORITHM');
  return curve;
}

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}
