import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';

/** COSE algorithm identifiers (RFC 9053), the preferred ones first. */
const ES256 = -7;
const EDDSA = -8;
const RS256 = -257;
export const ALGORITHMS = [ES256, EDDSA, RS256];

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;
const PUBLIC_EXPONENT = 65537n;

/** Labels of COSE_Key and of its kinds (RFC 9052 section 7.1, RFC 9053 section 7, RFC 8230 section 4). */
const LABEL = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 } as const;
const [OKP, EC2, RSA] = [1, 2, 3];
const [P256, ED25519] = [1, 6];

/**
 * Whether a COSE_Key is one that can be trusted to verify: WebAuthn section 5.8.5 ties each algorithm to its curve; the point
 * must be on it; RSA must be neither weak nor a burden.
 * @throws Error where it is no key at all
 */
export function isAcceptableKey(coseKey: Uint8Array<ArrayBuffer>): boolean {
  const key = decodeCredentialPublicKey(coseKey) as unknown as ReadonlyMap<number, unknown>;
  const has = (label: keyof typeof LABEL, value: number | undefined): boolean =>
    key.get(LABEL[label]) === value;
  const bytes = (label: keyof typeof LABEL): string => text(key.get(LABEL[label]));
  if (has('alg', ES256) && has('kty', EC2) && has('crv', P256)) {
    return isKey({ kty: 'EC', crv: 'P-256', x: bytes('x'), y: bytes('y') });
  }
  if (has('alg', EDDSA) && has('kty', OKP) && has('crv', ED25519)) {
    return isKey({ kty: 'OKP', crv: 'Ed25519', x: bytes('x') });
  }
  if (has('alg', RS256) && has('kty', RSA)) {
    return isSoundRsa(keyOf({ kty: 'RSA', n: bytes('n'), e: bytes('e') }));
  }
  return false;
}

function isKey(jwk: JsonWebKey): boolean {
  return keyOf(jwk).type === 'public';
}

function keyOf(jwk: JsonWebKey): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function isSoundRsa({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent } = asymmetricKeyDetails ?? {};
  const isSized = modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS;
  return isSized && publicExponent === PUBLIC_EXPONENT;
}

function text(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64url') : '';
}
