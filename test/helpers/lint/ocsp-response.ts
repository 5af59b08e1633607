import {
  type DerValue,
  exactItemsOf,
  expectTag,
  itemsOf,
  octetsOfBitString,
  parseDer,
  TAG,
} from '../../../src/features/certificates/x509/der';
import {
  CONTEXT,
  ENUMERATED,
  ID,
  oidOf,
  type ReadCertificate,
  readCertificate,
  type ReadExtension,
  readExtensions,
  type SignedParts,
  WITHIN,
} from './structure';

export interface SingleAnswer {
  readonly certId: DerValue;
  readonly status: DerValue;
  readonly thisUpdate: DerValue;
  readonly nextUpdate: DerValue | undefined;
  readonly extensions: readonly ReadExtension[];
}

export interface ReadOcspResponse extends SignedParts {
  /** As it is written: absent where it is the default. */
  readonly version: DerValue | undefined;
  readonly responderId: DerValue;
  readonly producedAt: DerValue;
  readonly answers: readonly SingleAnswer[];
  readonly extensions: readonly ReadExtension[];
  readonly certificates: readonly ReadCertificate[];
}

/** A successful one with a basic answer. @throws Error for all else */
export function readOcspResponse(der: Buffer): ReadOcspResponse {
  const [status, bytes] = exactItemsOf(parseDer(der), TAG.SEQUENCE, 2);
  if (expectTag(status, ENUMERATED).content[0] !== 0) throw new Error('it is not successful');
  const [type, octets] = exactItemsOf(exactItemsOf(bytes, WITHIN(0), 1)[0], TAG.SEQUENCE, 2);
  if (oidOf(type) !== ID.basicOcspResponse) throw new Error('it is not basic');
  const basic = parseDer(expectTag(octets, TAG.OCTET_STRING).content);
  const [data, algorithm, signature, certificates] = itemsOf(basic, TAG.SEQUENCE);
  const tbs = expectTag(data, TAG.SEQUENCE);
  const items = [...tbs.items];
  const version = items[0]?.tag === WITHIN(0) ? items.shift() : undefined;
  const [responderId, producedAt, answers, extensions] = items;
  if (responderId === undefined || producedAt === undefined) throw new Error('fields are missing');
  return {
    der,
    tbs,
    outerAlgorithm: expectTag(algorithm, TAG.SEQUENCE),
    signature: octetsOfBitString(signature),
    version,
    responderId,
    producedAt,
    answers: itemsOf(answers, TAG.SEQUENCE).map(readAnswer),
    extensions: extensionsIn(extensions),
    certificates: (certificates?.items[0]?.items ?? []).map(({ encoded }) =>
      readCertificate(encoded),
    ),
  };
}

function readAnswer(answer: DerValue): SingleAnswer {
  const [certId, status, thisUpdate, ...optional] = itemsOf(answer, TAG.SEQUENCE);
  if (certId === undefined || status === undefined || thisUpdate === undefined) {
    throw new Error('an answer is incomplete');
  }
  const nextUpdate = optional.find(({ tag }) => tag === WITHIN(0))?.items[0];
  const extensions = extensionsIn(optional.find(({ tag }) => tag === WITHIN(1)));
  return { certId, status, thisUpdate, nextUpdate, extensions };
}

function extensionsIn(value: DerValue | undefined): ReadExtension[] {
  return value === undefined ? [] : readExtensions(exactItemsOf(value, WITHIN(1), 1)[0]);
}

export const STATUS = { good: CONTEXT(0), revoked: WITHIN(1), unknown: CONTEXT(2) } as const;
