import {
  type DerValue,
  expectTag,
  itemsOf,
  parseDer,
  TAG,
} from '../../../src/features/certificates/x509/der';
import {
  type ReadExtension,
  readExtensions,
  readSigned,
  type SignedParts,
  WITHIN,
} from './structure';

export interface RevokedEntry {
  readonly serial: DerValue;
  readonly revokedAt: DerValue;
  readonly extensions: readonly ReadExtension[];
  /** An empty list of extensions, which is not the same as none. */
  readonly hasEmptyExtensions: boolean;
}

export interface ReadRevocationList extends SignedParts {
  readonly version: DerValue | undefined;
  readonly innerAlgorithm: DerValue;
  readonly issuer: DerValue;
  readonly thisUpdate: DerValue;
  readonly nextUpdate: DerValue | undefined;
  /** Undefined where the field is absent. */
  readonly entries: readonly RevokedEntry[] | undefined;
  readonly extensions: readonly ReadExtension[];
}

/** @throws DerError */
export function readRevocationList(der: Buffer): ReadRevocationList {
  const signed = readSigned(parseDer(der));
  const items = [...signed.tbs.items];
  const version = items[0]?.tag === TAG.INTEGER ? items.shift() : undefined;
  const [algorithm, issuer, thisUpdate, ...optional] = items;
  const extensions = takenOff(optional, WITHIN(0));
  const entries = takenOff(optional, TAG.SEQUENCE);
  const [nextUpdate, ...unknown] = optional;
  if (thisUpdate === undefined || unknown.length > 0) throw new Error('unexpected fields');
  return {
    ...signed,
    version,
    innerAlgorithm: expectTag(algorithm, TAG.SEQUENCE),
    issuer: expectTag(issuer, TAG.SEQUENCE),
    thisUpdate,
    nextUpdate,
    entries: entries?.items.map(readEntry),
    extensions: extensions === undefined ? [] : readExtensions(extensions.items[0]),
  };
}

function takenOff(items: DerValue[], tag: number): DerValue | undefined {
  return items.at(-1)?.tag === tag ? items.pop() : undefined;
}

function readEntry(entry: DerValue): RevokedEntry {
  const [serial, revokedAt, extensions, ...unknown] = itemsOf(entry, TAG.SEQUENCE);
  if (revokedAt === undefined || unknown.length > 0)
    throw new Error('unexpected fields in an entry');
  const read = extensions === undefined ? [] : readExtensions(extensions);
  return {
    serial: expectTag(serial, TAG.INTEGER),
    revokedAt,
    extensions: read,
    hasEmptyExtensions: extensions !== undefined && read.length === 0,
  };
}
