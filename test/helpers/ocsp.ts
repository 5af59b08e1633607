import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { request } from 'node:http';
import {
  exactItemsOf,
  octetsOfBitString,
  parseDer,
  type DerValue,
} from '../../src/features/certificates/x509/der';
import { readIssuer } from '../../src/features/certificates/x509/signer';
import { hex, tlv } from '../unit/certificates/request-builder';

export const SHA1 = hex('300906052b0e03021a0500');
export const SHA256 = hex('300b0609608648016503040201');
const NONCE = hex('06092b0601050507300102');

/** CertID of RFC 6960 4.1.1. */
export function certId(
  issuerPem: string,
  serialNumber: string,
  hash: 'sha1' | 'sha256' = 'sha1',
): Buffer {
  const { name, spki } = readIssuer(new X509Certificate(issuerPem));
  const digest = (data: Buffer): Buffer => createHash(hash).update(data).digest();
  const key = octetsOfBitString(exactItemsOf(parseDer(spki), 0x30, 2)[1]);
  const serial = hex(serialNumber);
  return tlv(
    0x30,
    hash === 'sha1' ? SHA1 : SHA256,
    tlv(0x04, digest(name.encoded)),
    tlv(0x04, digest(key)),
    tlv(0x02, serial.readUInt8(0) < 0x80 ? serial : Buffer.concat([Buffer.of(0), serial])),
  );
}

export const extension = (oid: Buffer, value: Buffer, ...critical: readonly Buffer[]): Buffer =>
  tlv(0x30, oid, ...critical, tlv(0x04, value));

export const nonceExtension = (nonce: Buffer): Buffer => extension(NONCE, tlv(0x04, nonce));

/** OCSPRequest over these CertIDs, with these extensions. */
export function ocspRequest(
  ids: readonly Buffer[],
  extensions: readonly Buffer[] = [],
  front: readonly Buffer[] = [],
): Buffer {
  const list = tlv(0x30, ...ids.map((id) => tlv(0x30, id)));
  const rest = extensions.length === 0 ? [] : [tlv(0xa2, tlv(0x30, ...extensions))];
  return tlv(0x30, tlv(0x30, ...front, list, ...rest));
}

export interface SingleAnswer {
  readonly id: string;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt: Date | null;
  readonly reason: number | null;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}
export interface Answer {
  /** OCSPResponseStatus. */
  readonly code: number;
  readonly producedAt: Date;
  readonly nonce: string | null;
  readonly answers: readonly SingleAnswer[];
  readonly signer: X509Certificate;
  /** Octets of the tag of each part of ResponseData. */
  readonly dataTags: readonly number[];
}

const STATUSES = { 0x80: 'good', 0xa1: 'revoked', 0x82: 'unknown' } as const;

/** OCSPResponseStatus alone; 0 where there is an answer. */
export const statusCode = (der: Buffer): number => parseDer(der).items[0]?.content[0] ?? -1;

/** Reads a successful answer and checks its signature, the responder's certificate and how it names its key. @throws Error */
export function readAnswer(der: Buffer, issuerPem: string): Answer {
  const [status, bytes] = parseDer(der).items;
  const basic = parseDer(bytes?.items[0]?.items[1]?.content ?? Buffer.alloc(0));
  const [data, , signature, certificates] = basic.items;
  const signer = new X509Certificate(certificates?.items[0]?.items[0]?.encoded ?? '');
  const spki = parseDer(signer.publicKey.export({ format: 'der', type: 'spki' }));
  const keyHash = createHash('sha1').update(octetsOfBitString(spki.items[1])).digest();
  const [responder, producedAt, list, extensions] = data?.items ?? [];
  const curve = signer.publicKey.asymmetricKeyDetails?.namedCurve;
  const checks = [
    verify(
      curve === 'secp384r1' ? 'sha384' : 'sha256',
      data?.encoded ?? Buffer.alloc(0),
      signer.publicKey,
      octetsOfBitString(signature),
    ),
    signer.verify(createPublicKey(issuerPem)),
    signer.checkIssued(new X509Certificate(issuerPem)),
    responder?.tag === 0xa2 && responder.items[0]?.content.equals(keyHash) === true,
  ];
  if (checks.includes(false)) throw new Error(`The answer is not sound: ${checks.join()}`);
  const nonce = extensions?.items[0]?.items[0]?.items.at(-1)?.content;
  return {
    code: status?.content[0] ?? -1,
    producedAt: timeOf(producedAt),
    nonce: nonce === undefined ? null : parseDer(nonce).content.toString('hex'),
    answers: (list?.items ?? []).map(single),
    signer,
    dataTags: (data?.items ?? []).map(({ tag }) => tag),
  };
}

function single({ items }: DerValue): SingleAnswer {
  const [id, status, thisUpdate, nextUpdate] = items;
  const reason = status?.items[1]?.items[0]?.content[0];
  return {
    id: id?.encoded.toString('hex') ?? '',
    status: STATUSES[status?.tag as keyof typeof STATUSES],
    revokedAt: status?.tag === 0xa1 ? timeOf(status.items[0]) : null,
    reason: reason ?? null,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate?.items[0]),
  };
}

/** GeneralizedTime without fractions (RFC 6960 4.2.2.1). */
function timeOf(value: DerValue | undefined): Date {
  const text = value?.content.toString('latin1') ?? '';
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (value?.tag !== 0x18 || parts === null) throw new Error(`No GeneralizedTime: ${text}`);
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Sends exactly this path, which `fetch` would tidy up. */
export function httpRequest(
  url: string,
  options: { path?: string; method?: string; body?: Buffer; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const req = request(url, { ...rest, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const { statusCode: status = 0, headers } = res;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

export const postOcsp = (
  ocspUrl: string,
  body: Buffer,
  headers: Record<string, string> = { 'content-type': 'application/ocsp-request' },
): Promise<HttpAnswer> => httpRequest(ocspUrl, { method: 'POST', body, headers });

export const getOcsp = (
  ocspUrl: string,
  der: Buffer,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> =>
  httpRequest(`${ocspUrl}/${encodeURIComponent(der.toString('base64'))}`, { headers });
