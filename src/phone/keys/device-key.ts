import { base64url, sha256, utf8 } from '../bytes.js';
import { generateKeyPair, type KeyHandle } from './key-algorithm.js';

interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** What the server knows the phone by. Made before the first call; its private half never leaves. */
export interface DeviceKey {
  readonly privateKey: KeyHandle;
  readonly publicJwk: PublicJwk;
  /** RFC 7638. */
  readonly thumbprint: string;
}

export interface ClaimSubject {
  /** The server's public URL. */
  readonly audience: string;
  readonly code: string;
  readonly issuedAt: Date;
}

/** Extractable only for a store that keeps it in a file. */
export async function makeDeviceKey({ extractable = false } = {}): Promise<DeviceKey> {
  const { privateKey, publicKey } = await generateKeyPair('P-256', { extractable });
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
  const publicJwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y };
  return { privateKey, publicJwk, thumbprint: await thumbprintOf(publicJwk) };
}

/** RFC 7638 3.2: required members only, in lexicographic order. */
async function thumbprintOf({ crv, kty, x, y }: PublicJwk): Promise<string> {
  return base64url(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))));
}

/** The `proof` of `claimEnrolment`: a compact JWS (RFC 7515) over audience, time and hash of the code. */
export async function proveClaim(key: DeviceKey, claim: ClaimSubject): Promise<string> {
  const header = { alg: 'ES256', typ: 'claim+jwt', jwk: key.publicJwk };
  const payload = {
    aud: claim.audience,
    iat: Math.floor(claim.issuedAt.getTime() / 1000),
    cth: await codeHash(claim.code),
  };
  const signed = [header, payload].map((part) => base64url(utf8(JSON.stringify(part)))).join('.');
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    key.privateKey,
    utf8(signed),
  );
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

export async function codeHash(code: string): Promise<string> {
  return base64url(await sha256(utf8(code)));
}
