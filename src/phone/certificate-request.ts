import { toPem, type Bytes } from './bytes.js';
import type { CertificateKind } from './contract.js';
import { toDecryptionKey, type DecryptionKey } from './keys/decryption-key.js';
import { encode, encodeBitString, encodeOid, encodeText, encodeUnsigned, TAG } from './der.js';
import {
  generateKeyPair,
  isEllipticCurve,
  isForDecryption,
  sign,
  type KeyAlgorithm,
  type KeyHandle,
  type KeyPair,
} from './keys/key-algorithm.js';

/** A key of the phone and the request that it has signed. Kept until the certificate has come. */
export interface MadeRequest extends DecryptionKey {
  readonly kind: CertificateKind;
  readonly algorithm: KeyAlgorithm;
  /** Not extractable, unless it was ordered so. Signs, or for ENCRYPTION decrypts (RSA-OAEP) or agrees on keys (ECDH). */
  readonly privateKey: KeyHandle;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Bytes;
  /** PKCS #10, PEM. */
  readonly csr: string;
}

export interface RequestOrder {
  readonly kind: CertificateKind;
  readonly algorithm: KeyAlgorithm;
  readonly commonName: string;
  readonly challenge: string;
  /** For a phone that keeps its keys in a file; one that has better never asks for it. */
  readonly extractable?: boolean | undefined;
}

const COMMON_NAME = encodeOid('2.5.4.3');
/** RFC 2985 5.4.1. */
const CHALLENGE_PASSWORD = encodeOid('1.2.840.113549.1.9.7');
/** RFC 5280, upper bound of a common name. */
const COMMON_NAME_LENGTH = 64;

/** RFC 5758 3.2 (no parameters) and RFC 4055 5 (NULL). */
const ECDSA_SHA256 = encode(TAG.SEQUENCE, encodeOid('1.2.840.10045.4.3.2'));
const ECDSA_SHA384 = encode(TAG.SEQUENCE, encodeOid('1.2.840.10045.4.3.3'));
const RSA_SHA256 = encode(
  TAG.SEQUENCE,
  encodeOid('1.2.840.113549.1.1.11'),
  Uint8Array.of(0x05, 0x00),
);

/** Makes a key on this phone and a request for its certificate. */
export async function makeRequest(order: RequestOrder): Promise<MadeRequest> {
  const { kind, algorithm } = order;
  const forDecryption = isForDecryption(kind);
  const extractable = forDecryption || order.extractable === true;
  const pair = await generateKeyPair(algorithm, { extractable });
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const csr = toPem('CERTIFICATE REQUEST', await signedRequest(order, pair, publicKey));
  const handles = forDecryption
    ? await toDecryptionKey(algorithm, pair.privateKey, order.extractable)
    : { privateKey: pair.privateKey };
  return { kind, algorithm, ...handles, publicKey, csr };
}

/** RFC 2986 4. */
async function signedRequest(order: RequestOrder, pair: KeyPair, publicKey: Bytes): Promise<Bytes> {
  const version0 = encodeUnsigned(Uint8Array.of(0));
  const info = encode(
    TAG.SEQUENCE,
    version0,
    nameOf(order.commonName),
    publicKey,
    encode(TAG.CONTEXT_0, attribute(CHALLENGE_PASSWORD, encodeText(order.challenge))),
  );
  const signature = await sign(order.algorithm, pair.privateKey, info);
  const inDer = isEllipticCurve(order.algorithm) ? ecdsaSignature(signature) : signature;
  return encode(TAG.SEQUENCE, info, signatureAlgorithm(order.algorithm), encodeBitString(inDer));
}

function nameOf(commonName: string): Bytes {
  const shortened = Array.from(commonName).slice(0, COMMON_NAME_LENGTH).join('');
  const typeAndValue = encode(TAG.SEQUENCE, COMMON_NAME, encodeText(shortened));
  return encode(TAG.SEQUENCE, encode(TAG.SET, typeAndValue));
}

function attribute(oid: Bytes, value: Bytes): Bytes {
  return encode(TAG.SEQUENCE, oid, encode(TAG.SET, value));
}

/** RFC 3279 2.2.3: WebCrypto's r ‖ s as two INTEGERs. */
function ecdsaSignature(raw: Bytes): Bytes {
  const half = raw.length / 2;
  return encode(TAG.SEQUENCE, encodeUnsigned(raw.slice(0, half)), encodeUnsigned(raw.slice(half)));
}

function signatureAlgorithm(algorithm: KeyAlgorithm): Bytes {
  if (algorithm === 'P-256') return ECDSA_SHA256;
  return algorithm === 'P-384' ? ECDSA_SHA384 : RSA_SHA256;
}
