import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { request } from 'node:http';
import {
  exactItemsOf,
  octetsOfBitString,
  parseDer,
  type DerValue,
} from '../../../src/features/certificates/x509/der';
import { readIssuer } from '../../../src/features/certificates/x509/signer';
import { at, extensionValue } from './der-path';
import { hex, tlv } from '../../unit/certificates/request-builder';

const SHA1 = hex('300906052b0e03021a0500');
const SHA256 = hex('300b0609608648016503040201');
const NONCE_OID = '2b0601050507300102';
const NONCE = hex(`0609${NONCE_OID}`);

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

interface SingleAnswer {
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

const STATUSES: ReadonlyMap<number, SingleAnswer['status']> = new Map([
  [0x80, 'good'],
  [0xa1, 'revoked'],
  [0x82, 'unknown'],
]);

/** OCSPResponseStatus alone; 0 where there is an answer. */
export const statusCode = (der: Buffer): number => at(parseDer(der), 0).content.readUInt8(0);

/** Reads a successful answer and checks its signature, the responder's certificate and how it names its key. @throws Error */
export function readAnswer(der: Buffer, issuerPem: string): Answer {
  const basic = parseDer(at(parseDer(der), 1, 0, 1).content);
  const data = at(basic, 0);
  const signer = new X509Certificate(at(basic, 3, 0, 0).encoded);
  checkSound(basic, signer, issuerPem);
  const nonce = data.items.length > 3 ? extensionValue(at(data, 3, 0), NONCE_OID) : undefined;
  return {
    code: statusCode(der),
    producedAt: timeOf(at(data, 1)),
    nonce: nonce === undefined ? null : parseDer(nonce).content.toString('hex'),
    answers: at(data, 2).items.map(single),
    signer,
    dataTags: data.items.map(({ tag }) => tag),
  };
}

function checkSound(basic: DerValue, signer: X509Certificate, issuerPem: string): void {
  const { publicKey } = signer;
  const spki = parseDer(publicKey.export({ format: 'der', type: 'spki' }));
  const keyHash = createHash('sha1')
    .update(octetsOfBitString(at(spki, 1)))
    .digest();
  const isLong = publicKey.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  const signature = octetsOfBitString(at(basic, 2));
  const checks = {
    signature: verify(isLong ? 'sha384' : 'sha256', at(basic, 0).encoded, publicKey, signature),
    vouched: signer.verify(createPublicKey(issuerPem)),
    issued: signer.checkIssued(new X509Certificate(issuerPem)),
    named: at(basic, 0, 0).tag === 0xa2 && at(basic, 0, 0, 0).content.equals(keyHash),
  };
  if (Object.values(checks).includes(false)) throw new Error(JSON.stringify(checks));
}

function single(answer: DerValue): SingleAnswer {
  const certStatus = at(answer, 1);
  const status = STATUSES.get(certStatus.tag);
  if (status === undefined) throw new Error('It is no CertStatus.');
  const hasReason = certStatus.items.length > 1;
  return {
    id: at(answer, 0).encoded.toString('hex'),
    status,
    revokedAt: status === 'revoked' ? timeOf(at(certStatus, 0)) : null,
    reason: hasReason ? at(certStatus, 1, 0).content.readUInt8(0) : null,
    thisUpdate: timeOf(at(answer, 2)),
    nextUpdate: timeOf(at(answer, 3, 0)),
  };
}

/** GeneralizedTime without fractions (RFC 6960 4.2.2.1). */
function timeOf({ tag, content }: DerValue): Date {
  const text = content.toString('latin1');
  const pattern = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
  if (tag !== 0x18 || !pattern.test(text)) throw new Error(`No GeneralizedTime: ${text}`);
  return new Date(text.replace(pattern, '$1-$2-$3T$4:$5:$6Z'));
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
