import { type KeyObject, sign } from 'node:crypto';
import { parseDer } from '../../../src/features/certificates/x509/der';
import { tlv } from './request-builder';

/** The fields of what is signed, each with tag and length; a test changes what it wants to see refused. */
export type Fields = Buffer[];

const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

export interface Outside {
  readonly algorithm?: Buffer;
  /** Signs in place of the issuer. */
  readonly key?: KeyObject;
}

/** The same certificate or CRL with other fields, signed anew by a P-256 key. */
export function bend(
  der: Buffer,
  key: KeyObject,
  change: (fields: Fields) => Fields,
  outside: Outside = {},
): Buffer {
  const fields = parseDer(der).items[0]?.items.map(({ encoded }) => encoded) ?? [];
  const tbs = tlv(0x30, ...change(fields));
  const signature = sign('sha256', tbs, outside.key ?? key);
  return tlv(0x30, tbs, outside.algorithm ?? ECDSA_SHA256, tlv(0x03, Buffer.of(0), signature));
}

/** With one field in another's place. */
export function replaced(index: number, value: Buffer): (fields: Fields) => Fields {
  return (fields) => fields.map((field, i) => (i === index ? value : field));
}

export interface ExtensionPlan {
  readonly critical?: boolean | 'FALSE';
}

/** An Extension of RFC 5280 4.1: the identifier in hex. */
export function extension(
  id: string,
  value: Buffer,
  { critical = false }: ExtensionPlan = {},
): Buffer {
  const flag = critical === 'FALSE' ? [tlv(0x01, Buffer.of(0))] : [tlv(0x01, Buffer.of(0xff))];
  return tlv(
    0x30,
    tlv(0x06, Buffer.from(id, 'hex')),
    ...(critical === false ? [] : flag),
    tlv(0x04, value),
  );
}

/** Puts an extension in the place of the one with the same identifier, or behind the others; null takes it out. */
export function withExtension(
  id: string,
  value: Buffer | null,
  plan: ExtensionPlan = {},
): (fields: Fields) => Fields {
  return changedExtensions((list) => {
    const isOther = (it: Buffer): boolean => parseDer(it).items[0]?.content.toString('hex') !== id;
    return [...list.filter(isOther), ...(value === null ? [] : [extension(id, value, plan)])];
  });
}

export function changedExtensions(
  change: (list: Buffer[]) => Buffer[],
): (fields: Fields) => Fields {
  return (fields) => {
    const last = fields.at(-1);
    if (last === undefined) throw new Error('no extensions');
    const { tag, items } = parseDer(last);
    const list = items[0]?.items.map(({ encoded }) => encoded) ?? [];
    return [...fields.slice(0, -1), tlv(tag, tlv(0x30, ...change(list)))];
  };
}

/** Identifier in hex, tag of the string, text. */
export type AttributePlan = readonly [id: string, tag: number, text: string | Buffer];

/** A Name with one attribute in each RDN. */
export function distinguishedName(...attributes: readonly AttributePlan[]): Buffer {
  return tlv(0x30, ...attributes.map(([id, tag, text]) => tlv(0x31, attribute(id, tag, text))));
}

export function attribute(id: string, tag: number, text: string | Buffer): Buffer {
  return tlv(0x30, tlv(0x06, Buffer.from(id, 'hex')), tlv(tag, text));
}
