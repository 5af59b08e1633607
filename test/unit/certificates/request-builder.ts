import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  type SigningOptions,
} from 'node:crypto';

/** DER as written by hand, so that tests can also write what no library would. */
export function tlv(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as Buffer)));
  return Buffer.concat([Buffer.of(tag), derLength(content.length), content]);
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const ECDSA_SHA256 = hex('300a 06082a8648ce3d040302');
const RSA_SHA256 = hex('300d 06092a864886f70d01010b 0500');
const CHALLENGE_PASSWORD = hex('06092a864886f70d010907');

export function challengeAttribute(...values: readonly Buffer[]): Buffer {
  return tlv(0x30, CHALLENGE_PASSWORD, tlv(0x31, ...values));
}

export interface RequestPlan {
  readonly privateKey: KeyObject;
  readonly attributes?: readonly Buffer[];
  readonly version?: Buffer;
  readonly subject?: Buffer;
  readonly spki?: Buffer;
  readonly algorithm?: Buffer;
  readonly hash?: string;
  readonly signing?: SigningOptions;
  /** Changes the BIT STRING's content behind the unused-bits octet. */
  readonly reshapeSignature?: (signature: Buffer) => Buffer;
}

export function buildRequest(plan: RequestPlan): Buffer {
  const spki =
    plan.spki ?? createPublicKey(plan.privateKey).export({ format: 'der', type: 'spki' });
  const info = tlv(
    0x30,
    plan.version ?? hex('020100'),
    plan.subject ?? tlv(0x30, tlv(0x31, tlv(0x30, hex('0603550403'), tlv(0x0c, 'phone')))),
    spki,
    tlv(0xa0, ...(plan.attributes ?? [challengeAttribute(tlv(0x0c, 'open sesame'))])),
  );
  const isRsa = plan.privateKey.asymmetricKeyType === 'rsa';
  const signature = sign(plan.hash ?? 'sha256', info, { key: plan.privateKey, ...plan.signing });
  const shaped = plan.reshapeSignature?.(signature) ?? signature;
  const algorithm = plan.algorithm ?? (isRsa ? RSA_SHA256 : ECDSA_SHA256);
  return tlv(0x30, info, algorithm, tlv(0x03, Buffer.of(0), shaped));
}

export function pemOfRequest(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

export function ecKey(namedCurve = 'P-256'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

export function rsaKey(modulusLength = 2048, publicExponent = 65537): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}
