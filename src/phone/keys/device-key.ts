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

/** What a proof is made for. */
interface ProofTarget {
  /** The server's public URL. */
  readonly audience: string;
  readonly issuedAt: Date;
}

export interface ClaimSubject extends ProofTarget {
  readonly code: string;
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
export async function proveClaim(
  key: DeviceKey,
  { code, ...target }: ClaimSubject,
): Promise<string> {
  return signedBy(key, 'claim+jwt', { ...claimsOf(target), cth: await codeHash(code) });
}

/** The `proof` of `reportDevice`: the same over audience and time alone. */
export function proveReport(key: DeviceKey, target: ProofTarget): Promise<string> {
  return signedBy(key, 'report+jwt', claimsOf(target));
}

function claimsOf({ audience, issuedAt }: ProofTarget): { aud: string; iat: number } {
  return { aud: audience, iat: Math.floor(issuedAt.getTime() / 1000) };
}

async function signedBy(
  key: DeviceKey,
  typ: string,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  const header = { alg: 'ES256', typ, jwk: key.publicJwk };
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
