import { X509Certificate, type KeyObject } from 'node:crypto';
import {
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  EmbeddedJWK,
  type JWK,
} from 'jose';
import { DomainError } from '../../../kernel/errors.js';
import { parseId, type ProfileId } from '../../../kernel/ids.js';
import { equalSecrets, sha256 } from '../../../kernel/secrets.js';
import type { SentKeys } from '../activation.service.js';

const MAX_AGE_SECONDS = 60;
const MAX_CHARACTERS = 8192;
const SHA256_BYTES = 32;
const PUBLIC_MEMBERS: ReadonlySet<string> = new Set(['kty', 'crv', 'x', 'y']);

/** What a proof must have been made for. */
export interface RenewalTarget {
  /** The server's public URL. */
  readonly audience: string;
  readonly now: Date;
}

/** What a phone's own key has signed: its thumbprint, and the proof by the mobile ID's key, which is not checked yet. */
export interface DevicePart {
  /** RFC 7638, base64url. */
  readonly thumbprint: string;
  readonly profileId: ProfileId;
  readonly keyProof: string;
  /** Of the certificate that the inner proof names: SHA-256, upper case, octets parted by colons. */
  readonly fingerprint: string;
}

/** What the mobile ID's key has signed. */
export interface KeyPart {
  /** base64url SHA-256 of the requests that the proof goes with; null where it goes with none. */
  readonly requestsHash: string | null;
}

/**
 * The outer JWS: ES256 by the phone's own key, typ `renewal+jwt`, over the inner one.
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, KEY, SIGNATURE, AUDIENCE or TIME
 */
export async function checkDevicePart(proof: string, target: RenewalTarget): Promise<DevicePart> {
  if (proof.length > MAX_CHARACTERS) throw rejected('FORM');
  const verified = await compactVerify(proof, EmbeddedJWK, { algorithms: ['ES256'] }).catch(
    (cause: unknown) => {
      throw rejected('SIGNATURE', cause);
    },
  );
  const { jwk, typ } = verified.protectedHeader;
  if (typ !== 'renewal+jwt') throw rejected('FORM');
  if (jwk === undefined || !isBarePublicKey(jwk)) throw rejected('KEY');
  const claims = claimsOf(verified.payload);
  checkTarget(claims, target);
  const { sub, key: keyProof } = claims;
  const profileId = typeof sub === 'string' ? parseId<ProfileId>(sub) : undefined;
  if (profileId === undefined || typeof keyProof !== 'string') throw rejected('FORM');
  const thumbprint = await calculateJwkThumbprint(jwk, 'sha256');
  return { thumbprint, profileId, keyProof, fingerprint: fingerprintIn(keyProof) };
}

/**
 * The inner JWS, by the key of the mobile ID's certificate, in the one algorithm that goes with it.
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, SIGNATURE, AUDIENCE or TIME
 */
export async function checkKeyPart(
  keyProof: string,
  certificateDer: Buffer,
  target: RenewalTarget,
): Promise<KeyPart> {
  const { publicKey } = new X509Certificate(certificateDer);
  const { payload } = await compactVerify(keyProof, publicKey, {
    algorithms: algorithmsFor(publicKey),
  }).catch((cause: unknown) => {
    throw rejected('SIGNATURE', cause);
  });
  const claims = claimsOf(payload);
  checkTarget(claims, target);
  const { rqh = null } = claims;
  if (rqh !== null && typeof rqh !== 'string') throw rejected('FORM');
  return { requestsHash: rqh };
}

/** Whoever got hold of a proof cannot use it for requests of his own. @throws DomainError DEVICE_PROOF_REJECTED, REQUESTS */
export function refuseOtherRequests(
  { requestsHash }: KeyPart,
  { requests, wrappingKey, serverKeyAlgorithm }: SentKeys,
): void {
  const parts: [string, string | null | undefined][] = [
    ...requests.map(({ kind, csr }): [string, string] => [kind, csr]),
    ['wrappingKey', wrappingKey],
    ['serverKeyAlgorithm', serverKeyAlgorithm],
  ];
  const sent = parts.filter(([, value]) => value !== null && value !== undefined);
  const expected = sha256(sent.map(([name, value]) => `${name}\n${value ?? ''}`).join(''));
  const given = Buffer.from(requestsHash ?? '', 'base64url');
  if (!equalSecrets(given, expected)) throw rejected('REQUESTS');
}

export function rejected(reason: string, cause?: unknown): DomainError {
  return new DomainError('DEVICE_PROOF_REJECTED', { reason }, { cause });
}

/** RFC 7515 section 4.1.8: `x5t#S256`. */
function fingerprintIn(keyProof: string): string {
  const { typ, 'x5t#S256': thumbprint } = headerOf(keyProof);
  if (typ !== 'renewal-key+jwt' || typeof thumbprint !== 'string') throw rejected('FORM');
  const digest = Buffer.from(thumbprint, 'base64url');
  const isCanonical = digest.toString('base64url') === thumbprint;
  if (!isCanonical || digest.length !== SHA256_BYTES) throw rejected('FORM');
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

function checkTarget({ aud, iat }: Record<string, unknown>, target: RenewalTarget): void {
  if (aud !== target.audience) throw rejected('AUDIENCE');
  const ageSeconds = typeof iat === 'number' ? target.now.getTime() / 1000 - iat : Infinity;
  if (!(Math.abs(ageSeconds) <= MAX_AGE_SECONDS)) throw rejected('TIME');
}

/** RFC 7518 section 3.1; never by the header's own word. */
function algorithmsFor(key: KeyObject): string[] {
  if (key.asymmetricKeyType === 'rsa') return ['RS256', 'PS256'];
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  return CURVES.get(curve) ?? [];
}

const CURVES: ReadonlyMap<string, string[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
]);

function isBarePublicKey(jwk: JWK): boolean {
  const isBare = Object.keys(jwk).every((member) => PUBLIC_MEMBERS.has(member));
  return isBare && jwk.kty === 'EC' && jwk.crv === 'P-256';
}

function headerOf(jws: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(jws) };
  } catch (cause) {
    throw rejected('FORM', cause);
  }
}

function claimsOf(payload: Uint8Array): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch (cause) {
    throw rejected('FORM', cause);
  }
}
