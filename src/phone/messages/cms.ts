import { joinOctets, toDer } from './ber.js';
import type { Bytes } from '../bytes.js';
import {
  bitStringContent,
  decode,
  decodeAll,
  DerError,
  encode,
  expectTag,
  oidText,
  TAG,
  type DerNode,
} from '../der.js';

/** Whom a content key is for (RFC 5652 6.2): by issuer and serial number, or by the certificate's key identifier. */
export type RecipientId =
  { readonly issuer: Bytes; readonly serialNumber: Bytes } | { readonly keyId: Bytes };

/** An AlgorithmIdentifier: dotted OID, parameters, and itself as it stood. */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: DerNode | undefined;
  readonly raw: Bytes;
}

/** RFC 5652 6.2.1. */
export interface KeyTransport {
  readonly way: 'TRANSPORT';
  readonly recipient: RecipientId;
  readonly algorithm: Algorithm;
  readonly encryptedKey: Bytes;
}

/** RFC 5652 6.2.2, for one of its recipients. */
export interface KeyAgreement {
  readonly way: 'AGREEMENT';
  readonly recipient: RecipientId;
  readonly algorithm: Algorithm;
  readonly encryptedKey: Bytes;
  /** Uncompressed point. */
  readonly originatorKey: Bytes;
  readonly ukm: Bytes | undefined;
}

export interface EncryptedMessage {
  readonly recipients: readonly (KeyTransport | KeyAgreement)[];
  readonly algorithm: Algorithm;
  readonly content: Bytes;
  /** Only of authenticated encryption (RFC 5083): the tag, and what it covers beside the content. */
  readonly mac: Bytes | undefined;
  readonly attributes: Bytes;
}

const ENVELOPED_DATA = '1.2.840.113549.1.7.3';
const AUTH_ENVELOPED_DATA = '1.2.840.113549.1.9.16.1.23';

/** Reads EnvelopedData (RFC 5652 6.1) and AuthEnvelopedData (RFC 5083 2.1), in BER or DER. Throws `DerError`. */
export function parseMessage(ber: Bytes): EncryptedMessage {
  const [type, wrapper] = partsOf(decode(toDer(ber), TAG.SEQUENCE));
  const kind = oidText(type);
  if (kind !== ENVELOPED_DATA && kind !== AUTH_ENVELOPED_DATA) {
    throw new DerError('It is no encrypted message.');
  }
  const body = partsOf(onlyPartOf(expectTag(wrapper, TAG.CONTEXT_0)));
  expectTag(body[0], TAG.INTEGER);
  const from = body[1]?.tag === TAG.CONTEXT_0 ? 2 : 1; // originatorInfo
  const [infos, encrypted, ...rest] = body.slice(from);
  const [, algorithm, content] = partsOf(expectTag(encrypted, TAG.SEQUENCE));
  const sealed = { algorithm: algorithmOf(algorithm), content: contentOf(content) };
  const recipients = partsOf(expectTag(infos, TAG.SET)).flatMap(recipientsOf);
  if (kind === ENVELOPED_DATA) {
    return { recipients, ...sealed, mac: undefined, attributes: new Uint8Array() };
  }
  const [attributes, mac] = rest[0]?.tag === TAG.CONTEXT_1 ? rest : [undefined, rest[0]];
  return {
    recipients,
    ...sealed,
    mac: expectTag(mac, TAG.OCTET_STRING).content,
    // RFC 5083 2.2: tagged as the SET OF that they are
    attributes: attributes === undefined ? new Uint8Array() : encode(TAG.SET, attributes.content),
  };
}

/** Kinds of recipients that a phone cannot be, such as passwords, are left out. */
function recipientsOf(info: DerNode): (KeyTransport | KeyAgreement)[] {
  if (info.tag === TAG.SEQUENCE) return [transportOf(info)];
  return info.tag === TAG.CONTEXT_1 ? agreementsOf(info) : [];
}

function transportOf(info: DerNode): KeyTransport {
  const [version, recipient, algorithm, encryptedKey] = partsOf(info);
  expectTag(version, TAG.INTEGER);
  return {
    way: 'TRANSPORT',
    recipient: recipientIdOf(recipient),
    algorithm: algorithmOf(algorithm),
    encryptedKey: expectTag(encryptedKey, TAG.OCTET_STRING).content,
  };
}

function agreementsOf(info: DerNode): KeyAgreement[] {
  const [version, originator, ...rest] = partsOf(info);
  expectTag(version, TAG.INTEGER);
  const choice = onlyPartOf(expectTag(originator, TAG.CONTEXT_0));
  // RFC 5753 3.1.1: always the ephemeral key itself
  const [, point] = partsOf(expectTag(choice, TAG.CONTEXT_1));
  const hasUkm = rest[0]?.tag === TAG.CONTEXT_1;
  const ukm = hasUkm ? expectTag(partsOf(rest[0])[0], TAG.OCTET_STRING).content : undefined;
  const [algorithm, keys] = hasUkm ? rest.slice(1) : rest;
  return partsOf(expectTag(keys, TAG.SEQUENCE)).map((key) => {
    const [recipient, encryptedKey] = partsOf(expectTag(key, TAG.SEQUENCE));
    return {
      way: 'AGREEMENT',
      recipient: recipientIdOf(recipient),
      algorithm: algorithmOf(algorithm),
      encryptedKey: expectTag(encryptedKey, TAG.OCTET_STRING).content,
      originatorKey: bitStringContent(point),
      ukm,
    };
  });
}

function recipientIdOf(node: DerNode | undefined): RecipientId {
  if (node?.tag === TAG.CONTEXT_0_PRIMITIVE) return { keyId: node.content };
  if (node?.tag === TAG.CONTEXT_0) {
    return { keyId: expectTag(partsOf(node)[0], TAG.OCTET_STRING).content };
  }
  const [issuer, serialNumber] = partsOf(expectTag(node, TAG.SEQUENCE));
  return {
    issuer: expectTag(issuer, TAG.SEQUENCE).raw,
    serialNumber: expectTag(serialNumber, TAG.INTEGER).content,
  };
}

export function algorithmOf(node: DerNode | undefined): Algorithm {
  const sequence = expectTag(node, TAG.SEQUENCE);
  const [oid, parameters] = partsOf(sequence);
  return { oid: oidText(oid), parameters, raw: sequence.raw };
}

/** [0] IMPLICIT OCTET STRING, in one piece or in many. */
function contentOf(node: DerNode | undefined): Bytes {
  if (node?.tag === TAG.CONTEXT_0_PRIMITIVE) return node.content;
  return joinOctets(partsOf(expectTag(node, TAG.CONTEXT_0)).map(({ raw }) => raw));
}

function partsOf(node: DerNode | undefined): DerNode[] {
  if (node === undefined) throw new DerError('A part is missing.');
  return decodeAll(node.content);
}

function onlyPartOf(node: DerNode): DerNode {
  const [part, ...others] = partsOf(node);
  if (part === undefined || others.length > 0) throw new DerError('Expected exactly one value.');
  return part;
}
