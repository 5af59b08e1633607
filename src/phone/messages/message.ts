import { concat, fromBase64, sameBytes, type Bytes } from '../bytes.js';
import { parseCertificate, type ParsedCertificate } from '../certificate.js';
import { parseMessage, type Algorithm, type EncryptedMessage, type RecipientId } from './cms.js';
import { openContentKey, type ContentCipher } from './content-key.js';
import type { IssuedCertificate } from '../contract.js';
import { decodeAll, DerError, expectTag, TAG } from '../der.js';
import type { KeyHandle } from '../keys/key-algorithm.js';
import type { StoredKey, StoredMobileId } from '../keys/key-store.js';
import { PhoneError } from '../problem.js';

export interface OpenedMessage {
  readonly content: Bytes;
  /** Whose key has opened it. */
  readonly certificate: IssuedCertificate;
  readonly mobileId: StoredMobileId;
}

/** A key of this phone with the certificate that messages name. */
interface Candidate {
  readonly mobileId: StoredMobileId;
  readonly certificate: IssuedCertificate;
  readonly parsed: ParsedCertificate;
  readonly key: StoredKey;
}

/** RFC 3565 and RFC 5084. */
const CIPHERS: Readonly<Record<string, ContentCipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'AES-CBC', length: 128 },
  '2.16.840.1.101.3.4.1.22': { name: 'AES-CBC', length: 192 },
  '2.16.840.1.101.3.4.1.42': { name: 'AES-CBC', length: 256 },
  '2.16.840.1.101.3.4.1.6': { name: 'AES-GCM', length: 128 },
  '2.16.840.1.101.3.4.1.26': { name: 'AES-GCM', length: 192 },
  '2.16.840.1.101.3.4.1.46': { name: 'AES-GCM', length: 256 },
};

/**
 * Opens an encrypted message (CMS, RFC 5652 and RFC 5083) with whichever key of this phone it is for: a `.p7m` file, PEM, or a
 * mail (`.eml`). Throws `MESSAGE_NOT_UNDERSTOOD`, `NO_MATCHING_KEY`, `MESSAGE_NOT_SUPPORTED` or `MESSAGE_DAMAGED`.
 */
export async function openMessage(
  file: Bytes,
  mobileIds: readonly StoredMobileId[],
): Promise<OpenedMessage> {
  const message = read(file);
  const candidates = mobileIds.flatMap(candidatesOf);
  for (const info of message.recipients) {
    const found = candidates.find(({ parsed }) => isMeant(info.recipient, parsed));
    if (found === undefined) continue;
    const { certificate, mobileId } = found;
    const content = await decrypt(message, (cipher) => openContentKey(info, found.key, cipher));
    return { content, certificate, mobileId };
  }
  throw new PhoneError('NO_MATCHING_KEY');
}

/** Control characters but tabs and line breaks. */
const UNPRINTABLE = /(?![\t\n\v\f\r])\p{Cc}/u;

/** The text of a message, where it is one. */
export function textOf(content: Bytes): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return UNPRINTABLE.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function candidatesOf(mobileId: StoredMobileId): Candidate[] {
  const keys = mobileId.keys.filter(({ kind }) => kind === 'ENCRYPTION');
  return mobileId.profile.certificates
    .filter(({ kind }) => kind === 'ENCRYPTION')
    .flatMap((certificate) => {
      const parsed = parseCertificate(certificate.pem);
      const key = keys.find(({ publicKey }) => sameBytes(publicKey, parsed.publicKey));
      return key === undefined ? [] : [{ mobileId, certificate, parsed, key }];
    });
}

function isMeant(recipient: RecipientId, certificate: ParsedCertificate): boolean {
  if ('keyId' in recipient) {
    const { keyId } = certificate;
    return keyId !== undefined && sameBytes(keyId, recipient.keyId);
  }
  return (
    sameBytes(recipient.issuer, certificate.issuer) &&
    sameBytes(recipient.serialNumber, certificate.serialNumber)
  );
}

async function decrypt(
  message: EncryptedMessage,
  contentKey: (cipher: ContentCipher) => Promise<KeyHandle>,
): Promise<Bytes> {
  const { algorithm, mac, attributes } = message;
  const cipher = CIPHERS[algorithm.oid];
  if (cipher === undefined) {
    throw new PhoneError('MESSAGE_NOT_SUPPORTED', `Its cipher is ${algorithm.oid}.`);
  }
  try {
    const key = await contentKey(cipher);
    const parameters = parametersOf(cipher, algorithm, { mac, attributes });
    const sealed = mac === undefined ? message.content : concat(message.content, mac);
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed));
  } catch (cause) {
    if (cause instanceof PhoneError) throw cause;
    if (cause instanceof Error && cause.name === 'NotSupportedError') {
      throw new PhoneError('MESSAGE_NOT_SUPPORTED', undefined, { cause });
    }
    throw new PhoneError('MESSAGE_DAMAGED', undefined, { cause });
  }
}

function parametersOf(
  { name }: ContentCipher,
  { parameters }: Algorithm,
  { mac, attributes }: Pick<EncryptedMessage, 'mac' | 'attributes'>,
): { name: string; iv: Bytes; additionalData?: Bytes; tagLength?: number } {
  if (name === 'AES-CBC') {
    if (mac !== undefined) throw new DerError('CBC has no tag.');
    return { name, iv: expectTag(parameters, TAG.OCTET_STRING).content };
  }
  // RFC 5084 3.2: a tag shorter than 96 bits is none
  if (mac === undefined || mac.length < 12) throw new DerError('GCM has a tag.');
  const [nonce] = decodeAll(expectTag(parameters, TAG.SEQUENCE).content);
  const iv = expectTag(nonce, TAG.OCTET_STRING).content;
  const additional = attributes.length === 0 ? {} : { additionalData: attributes };
  return { name, iv, tagLength: mac.length * 8, ...additional };
}

function read(file: Bytes): EncryptedMessage {
  try {
    return parseMessage(unpack(file));
  } catch (cause) {
    throw new PhoneError('MESSAGE_NOT_UNDERSTOOD', undefined, { cause });
  }
}

const PEM_BLOCK = /-----BEGIN (CMS|PKCS7)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----/;
const ENTITY = /^content-type:[ \t]*(?:\r?\n[ \t]+)?application\/(?:x-)?pkcs7-mime/im;
const TRANSFER_ENCODING = /^content-transfer-encoding:[ \t]*base64[ \t]*\r?$/im;

/** The CMS structure within the file: BER itself, PEM (RFC 7468 9), or the body of a mail (RFC 8551 3.2). */
function unpack(file: Bytes): Bytes {
  if (file[0] === TAG.SEQUENCE) return file;
  const text = new TextDecoder('latin1').decode(file);
  const armoured = PEM_BLOCK.exec(text)?.[2];
  if (armoured !== undefined) return fromBase64(armoured.replaceAll(/\s/g, ''));
  const [head = '', ...rest] = text.split(/\r?\n\r?\n/);
  if (!ENTITY.test(head) || !TRANSFER_ENCODING.test(head))
    throw new DerError('It is no such mail.');
  return fromBase64(rest.join('').replaceAll(/\s/g, ''));
}
