import { concat, type Bytes } from '../bytes.js';
import type { Algorithm, KeyAgreement, KeyTransport } from './cms.js';
import { algorithmOf } from './cms.js';
import { sharedSecret, type DecryptionKey, type OaepHash } from '../keys/decryption-key.js';
import { decode, decodeAll, DerError, encode, expectTag, TAG, type DerNode } from '../der.js';
import { isEllipticCurve, type KeyAlgorithm, type KeyHandle } from '../keys/key-algorithm.js';
import { PhoneError } from '../problem.js';
import { uint32 } from '../keys/wrapped-key.js';

/** A key of this phone, and what it is made of. */
export interface OwnKey extends DecryptionKey {
  readonly algorithm: KeyAlgorithm;
}

/** The cipher of a message. */
export interface ContentCipher {
  readonly name: 'AES-CBC' | 'AES-GCM';
  readonly length: number;
}

const RSAES_OAEP = '1.2.840.113549.1.1.7';
const MGF1 = '1.2.840.113549.1.1.8';
const P_SPECIFIED = '1.2.840.113549.1.1.9';
const HASHES: Readonly<Record<string, OaepHash>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
/** RFC 5753 7.1.4: standard and cofactor agreement are the same on these curves, whose cofactor is 1. */
const AGREEMENTS: Readonly<Record<string, OaepHash>> = {
  '1.3.133.16.840.63.0.2': 'SHA-1',
  '1.3.132.1.11.1': 'SHA-256',
  '1.3.132.1.11.2': 'SHA-384',
  '1.3.132.1.11.3': 'SHA-512',
  '1.3.133.16.840.63.0.3': 'SHA-1',
  '1.3.132.1.14.1': 'SHA-256',
  '1.3.132.1.14.2': 'SHA-384',
  '1.3.132.1.14.3': 'SHA-512',
};
/** RFC 3565: AES key wrap. */
const WRAP_BITS: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.1.5': 128,
  '2.16.840.1.101.3.4.1.25': 192,
  '2.16.840.1.101.3.4.1.45': 256,
};

/** The content key as a handle. Fails where this key is not the one, or the way is not known here. */
export function openContentKey(
  info: KeyTransport | KeyAgreement,
  own: OwnKey,
  cipher: ContentCipher,
): Promise<KeyHandle> {
  return info.way === 'TRANSPORT' ? byTransport(info, own, cipher) : byAgreement(info, own, cipher);
}

/** RFC 8017 A.2.1, RFC 3560. */
async function byTransport(
  { algorithm, encryptedKey }: KeyTransport,
  own: OwnKey,
  cipher: ContentCipher,
): Promise<KeyHandle> {
  if (algorithm.oid !== RSAES_OAEP) throw notSupported('Its padding is not OAEP.');
  const { hash, label } = readOaep(algorithm.parameters);
  const key = hash === 'SHA-256' ? own.privateKey : own.otherHashes?.[hash];
  if (key === undefined) throw notSupported(`This phone has no key for OAEP with ${hash}.`);
  const oaep = label === undefined ? { name: 'RSA-OAEP' } : { name: 'RSA-OAEP', label };
  return crypto.subtle.unwrapKey('raw', encryptedKey, key, oaep, cipher, false, ['decrypt']);
}

function readOaep(parameters: DerNode | undefined): { hash: OaepHash; label: Bytes | undefined } {
  const fields = decodeAll(expectTag(parameters, TAG.SEQUENCE).content);
  const field = (tag: number): Algorithm | undefined => {
    const found = fields.find((node) => node.tag === tag);
    return found && algorithmOf(decode(found.content, TAG.SEQUENCE));
  };
  const hash = hashOf(field(TAG.CONTEXT_0));
  const mask = field(TAG.CONTEXT_1);
  if (mask !== undefined && mask.oid !== MGF1) throw notSupported('Its mask is not MGF1.');
  const inner = mask && algorithmOf(mask.parameters);
  // WebCrypto has one hash for both
  if (hashOf(inner) !== hash) throw notSupported('It mixes hashes.');
  const source = field(TAG.CONTEXT_2);
  if (source === undefined) return { hash, label: undefined };
  if (source.oid !== P_SPECIFIED) throw notSupported('Its label is not given.');
  return { hash, label: expectTag(source.parameters, TAG.OCTET_STRING).content };
}

function hashOf(algorithm: Algorithm | undefined): OaepHash {
  if (algorithm === undefined) return 'SHA-1';
  const hash = HASHES[algorithm.oid];
  if (hash === undefined) throw notSupported('Its hash is not known here.');
  return hash;
}

/** RFC 5753 3.1. */
async function byAgreement(
  info: KeyAgreement,
  own: OwnKey,
  cipher: ContentCipher,
): Promise<KeyHandle> {
  const hash = AGREEMENTS[info.algorithm.oid];
  const wrap = algorithmOf(info.algorithm.parameters);
  const bits = WRAP_BITS[wrap.oid];
  if (hash === undefined || bits === undefined)
    throw notSupported('Its key agreement is not known.');
  if (!isEllipticCurve(own.algorithm)) throw new DerError('The key is none for key agreement.');
  const curve = { name: 'ECDH', namedCurve: own.algorithm };
  const sender = await crypto.subtle.importKey('raw', info.originatorKey, curve, false, []);
  const secret = await sharedSecret(own.privateKey, sender, own.algorithm);
  const derived = await x963(hash, secret, { wrap, ukm: info.ukm, bits });
  const kek = await crypto.subtle.importKey('raw', derived, 'AES-KW', false, ['unwrapKey']);
  return crypto.subtle.unwrapKey('raw', info.encryptedKey, kek, 'AES-KW', cipher, false, [
    'decrypt',
  ]);
}

/** SEC 1 3.6.1 over the ECC-CMS-SharedInfo of RFC 5753 7.2. */
async function x963(
  hash: OaepHash,
  secret: Bytes,
  { wrap, ukm, bits }: { wrap: Algorithm; ukm: Bytes | undefined; bits: number },
): Promise<Bytes> {
  const entity = ukm === undefined ? [] : [encode(TAG.CONTEXT_0, encode(TAG.OCTET_STRING, ukm))];
  const size = encode(TAG.CONTEXT_2, encode(TAG.OCTET_STRING, uint32(bits)));
  const sharedInfo = encode(TAG.SEQUENCE, wrap.raw, ...entity, size);
  let derived: Bytes = new Uint8Array();
  for (let counter = 1; derived.length * 8 < bits; counter += 1) {
    const round = concat(secret, uint32(counter), sharedInfo);
    derived = concat(derived, new Uint8Array(await crypto.subtle.digest(hash, round)));
  }
  return derived.slice(0, bits / 8);
}

function notSupported(detail: string): PhoneError {
  return new PhoneError('MESSAGE_NOT_SUPPORTED', detail);
}
