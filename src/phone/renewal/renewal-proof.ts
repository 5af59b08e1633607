import { base64url, sha256, utf8, type Bytes } from '../bytes.js';
import type { SentKeys } from '../contract.js';
import type { DeviceKey } from '../keys/device-key.js';
import { jwsNameOf, sign, type KeyAlgorithm, type KeyHandle } from '../keys/key-algorithm.js';
import type { StoredMobileId } from '../keys/key-store.js';

export interface RenewalSubject {
  /** The server's public URL. */
  readonly audience: string;
  readonly issuedAt: Date;
  /** What the proof goes with, where it goes with any. */
  readonly sent?: SentKeys | undefined;
}

interface Signer {
  readonly algorithm: KeyAlgorithm;
  readonly privateKey: KeyHandle;
}

/**
 * The `proof` of `mobileIdRenewal`, `renewMobileId` and `acknowledgeRenewal`: a compact JWS (RFC 7515) by the phone's own key
 * over another one by the mobile ID's.
 */
export async function proveRenewal(
  mobileId: StoredMobileId,
  device: DeviceKey,
  { audience, issuedAt, sent }: RenewalSubject,
): Promise<string> {
  const { fingerprint, ...signer } = provingKeyOf(mobileId);
  const target = { aud: audience, iat: Math.floor(issuedAt.getTime() / 1000) };
  const inner = await jws(
    signer,
    { typ: 'renewal-key+jwt', 'x5t#S256': base64url(bytesOf(fingerprint)) },
    { ...target, ...(sent && { rqh: await requestsHash(sent) }) },
  );
  const { privateKey, publicJwk } = device;
  return jws(
    { algorithm: 'P-256', privateKey },
    { typ: 'renewal+jwt', jwk: publicJwk },
    { ...target, sub: mobileId.profile.id, key: inner },
  );
}

/** Whether there is a key by which it can be renewed: keys for encryption sign nothing. */
export function canProve({ keys }: StoredMobileId): boolean {
  return keys.some(({ kind }) => kind !== 'ENCRYPTION');
}

async function requestsHash({ requests, ...wish }: SentKeys): Promise<string> {
  const parts: [string, string | undefined][] = [
    ...requests.map(({ kind, csr }): [string, string] => [kind, csr]),
    ['wrappingKey', wish.wrappingKey],
    ['serverKeyAlgorithm', wish.serverKeyAlgorithm],
  ];
  const sent = parts.flatMap(([name, value]) => (value === undefined ? [] : `${name}\n${value}`));
  return base64url(await sha256(utf8(sent.join(''))));
}

async function jws(
  { algorithm, privateKey }: Signer,
  header: Readonly<Record<string, unknown>>,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  const parts = [{ alg: jwsNameOf(algorithm), ...header }, payload];
  const signed = parts.map((part) => base64url(utf8(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url(await sign(algorithm, privateKey, utf8(signed)))}`;
}

function provingKeyOf({ keys, profile }: StoredMobileId): Signer & { fingerprint: string } {
  for (const kind of ['AUTHENTICATION', 'SIGNATURE'] as const) {
    const key = keys.find((each) => each.kind === kind);
    const certificate = profile.certificates.find((each) => each.kind === kind);
    if (key !== undefined && certificate !== undefined) {
      const { algorithm, privateKey } = key;
      return { algorithm, privateKey, fingerprint: certificate.fingerprint };
    }
  }
  throw new Error('It has no key that could sign.');
}

/** Octets in hexadecimal, parted by colons. */
function bytesOf(fingerprint: string): Bytes {
  return Uint8Array.from(fingerprint.split(':'), (octet) => Number.parseInt(octet, 16));
}
