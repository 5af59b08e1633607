import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { DomainError } from '../../../kernel/errors.js';
import {
  type DerValue,
  exactItemsOf,
  expectTag,
  itemsOf,
  octetsOfBitString,
  parseDer,
  positiveInteger,
  TAG,
} from './der.js';
import { acceptedKeyAlgorithm, type PublicKeyAlgorithm, rejectedRequest } from './key-checks.js';

/** What a request has proven: whoever made it holds the private key to this public key. */
export interface VerifiedRequest {
  readonly publicKeySpki: Buffer;
  readonly publicKey: KeyObject;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  /** SHA-256 of the SubjectPublicKeyInfo; the same key always gives the same one. */
  readonly publicKeyHash: Buffer;
  readonly challengePassword: string | undefined;
}

interface RequestParts {
  readonly signedPart: Buffer;
  readonly spki: DerValue;
  readonly attributes: readonly DerValue[];
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
}

interface SignatureAlgorithm {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly keyType: 'rsa' | 'ec';
}

export const MAX_REQUEST_CHARACTERS = 16_384;
const PEM =
  /^-----BEGIN CERTIFICATE REQUEST-----\r?\n((?:[A-Za-z0-9+/=]+\r?\n)+)-----END CERTIFICATE REQUEST-----$/;
const CHALLENGE_PASSWORD_OID = '2a864886f70d010907';
/** PKCS #9 (RFC 2985) upper bound of a challengePassword. */
const MAX_CHALLENGE_CHARACTERS = 255;

/** Whole AlgorithmIdentifiers: RSA with NULL (RFC 4055 5), ECDSA without parameters (RFC 5758 3.2). */
const SIGNATURE_ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['300d06092a864886f70d01010b0500', { hash: 'sha256', keyType: 'rsa' }],
  ['300d06092a864886f70d01010c0500', { hash: 'sha384', keyType: 'rsa' }],
  ['300d06092a864886f70d01010d0500', { hash: 'sha512', keyType: 'rsa' }],
  ['300a06082a8648ce3d040302', { hash: 'sha256', keyType: 'ec' }],
  ['300a06082a8648ce3d040303', { hash: 'sha384', keyType: 'ec' }],
  ['300a06082a8648ce3d040304', { hash: 'sha512', keyType: 'ec' }],
]);

/**
 * Reads a PKCS #10 request (RFC 2986) in PEM and checks its proof of possession on the thread pool. Names and
 * requested extensions in it are ignored: nothing but the key and the challenge is taken over.
 * @throws DomainError CSR_REJECTED with `reason`, a CsrRejectionReason
 */
export async function readCertificateRequest(pem: string): Promise<VerifiedRequest> {
  const { parts, keyAlgorithm, challengePassword } = asRejection('MALFORMED', () => {
    const read = splitRequest(parseDer(decodePem(pem)));
    return {
      parts: read,
      keyAlgorithm: acceptedKeyAlgorithm(read.spki),
      challengePassword: readChallenge(read.attributes),
    };
  });
  const publicKeySpki = Buffer.from(parts.spki.encoded);
  const publicKey = asRejection('WEAK_KEY', () =>
    createPublicKey({ key: publicKeySpki, format: 'der', type: 'spki' }),
  );
  if (!(await isSignedWith(publicKey, parts))) throw rejectedRequest('SIGNATURE');
  const publicKeyHash = createHash('sha256').update(publicKeySpki).digest();
  return { publicKeySpki, publicKey, keyAlgorithm, publicKeyHash, challengePassword };
}

function asRejection<T>(reason: 'MALFORMED' | 'WEAK_KEY' | 'SIGNATURE', read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    throw rejectedRequest(reason, { cause });
  }
}

function decodePem(pem: string): Buffer {
  if (pem.length > MAX_REQUEST_CHARACTERS) throw rejectedRequest('MALFORMED');
  const base64 = PEM.exec(pem.trim())?.[1]?.replace(/[\r\n]/g, '');
  if (base64 === undefined) throw rejectedRequest('MALFORMED');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') !== base64) throw rejectedRequest('MALFORMED');
  return der;
}

function splitRequest(request: DerValue): RequestParts {
  const [info, algorithm, signature] = exactItemsOf(request, TAG.SEQUENCE, 3);
  const [version, subject, spki, attributes] = exactItemsOf(info, TAG.SEQUENCE, 4);
  const isVersion1 = expectTag(version, TAG.INTEGER).content.equals(Buffer.of(0));
  if (!isVersion1) throw rejectedRequest('MALFORMED');
  checkName(subject);
  return {
    signedPart: expectTag(info, TAG.SEQUENCE).encoded,
    spki: expectTag(spki, TAG.SEQUENCE),
    attributes: itemsOf(attributes, TAG.CONTEXT_0),
    signatureAlgorithm: expectTag(algorithm, TAG.SEQUENCE).encoded,
    signature: octetsOfBitString(signature),
  };
}

function checkName(name: DerValue | undefined): void {
  for (const rdn of itemsOf(name, TAG.SEQUENCE)) {
    const attributes = itemsOf(rdn, TAG.SET);
    if (attributes.length === 0) throw rejectedRequest('MALFORMED');
    for (const attribute of attributes) {
      expectTag(exactItemsOf(attribute, TAG.SEQUENCE, 2)[0], TAG.OID);
    }
  }
}

function readChallenge(attributes: readonly DerValue[]): string | undefined {
  const seen = new Map<string, readonly DerValue[]>();
  for (const attribute of attributes) {
    const [type, values] = exactItemsOf(attribute, TAG.SEQUENCE, 2);
    const oid = expectTag(type, TAG.OID).content.toString('hex');
    if (seen.has(oid)) {
      throw rejectedRequest(oid === CHALLENGE_PASSWORD_OID ? 'CHALLENGE' : 'MALFORMED');
    }
    seen.set(oid, itemsOf(values, TAG.SET));
    if (seen.get(oid)?.length === 0) throw rejectedRequest('MALFORMED');
  }
  const values = seen.get(CHALLENGE_PASSWORD_OID);
  return values && challengeText(values);
}

function challengeText([value, ...others]: readonly DerValue[]): string {
  const text = value && others.length === 0 ? decodeDirectoryString(value) : undefined;
  if (text === undefined || text.length === 0 || text.length > MAX_CHALLENGE_CHARACTERS) {
    throw rejectedRequest('CHALLENGE');
  }
  return text;
}

function decodeDirectoryString({ tag, content }: DerValue): string | undefined {
  const ascii = content.toString('latin1');
  switch (tag) {
    case TAG.UTF8_STRING:
      return decodeStrictly('utf-8', content);
    case TAG.BMP_STRING:
      return content.length % 2 === 0
        ? decodeStrictly('utf-16le', Buffer.from(content).swap16())
        : undefined;
    case TAG.PRINTABLE_STRING:
      return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(ascii) ? ascii : undefined;
    case TAG.T61_STRING:
    case TAG.IA5_STRING:
      return content.every((octet) => octet < 0x80) ? ascii : undefined;
    default:
      return undefined;
  }
}

function decodeStrictly(encoding: 'utf-8' | 'utf-16le', content: Buffer): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

async function isSignedWith(publicKey: KeyObject, parts: RequestParts): Promise<boolean> {
  const { signedPart, signatureAlgorithm, signature } = parts;
  const algorithm = SIGNATURE_ALGORITHMS.get(signatureAlgorithm.toString('hex'));
  if (!algorithm || algorithm.keyType !== publicKey.asymmetricKeyType) {
    throw rejectedRequest('ALGORITHM');
  }
  if (algorithm.keyType === 'ec') {
    asRejection('SIGNATURE', () => {
      checkEcdsaSignature(signature);
    });
  }
  return new Promise((resolve) => {
    verify(algorithm.hash, signedPart, publicKey, signature, (error, isValid) => {
      resolve(error === null && isValid);
    });
  });
}

// RFC 3279 2.2.3
function checkEcdsaSignature(signature: Buffer): void {
  const [r, s] = exactItemsOf(parseDer(signature), TAG.SEQUENCE, 2);
  positiveInteger(r);
  positiveInteger(s);
}
