import { createPublicKey, type KeyObject } from 'node:crypto';
import type { FieldProblems } from '../../kernel/field-problems.js';
import type { PublicJwk, PublicJwks } from './api-client.js';

const MAX_CHARACTERS = 20_000;
const MAX_KEYS = 10;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const MAX_EXPONENT = 0xffff_ffffn;

/** RFC 7518 section 6, RFC 8037 section 2: members that hold the private, or the symmetric, key. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

interface KeyKind {
  readonly members: readonly string[];
  readonly algorithms: readonly string[];
}
const KINDS: Readonly<Record<string, KeyKind>> = {
  'EC P-256': { members: ['crv', 'x', 'y'], algorithms: ['ES256'] },
  'EC P-384': { members: ['crv', 'x', 'y'], algorithms: ['ES384'] },
  'OKP Ed25519': { members: ['crv', 'x'], algorithms: ['EdDSA', 'Ed25519'] },
  RSA: { members: ['n', 'e'], algorithms: ['PS256', 'RS256'] },
};

/** Signature algorithms that an assertion may have. */
export const ASSERTION_ALGORITHMS = Object.values(KINDS).flatMap(({ algorithms }) => algorithms);

type Members = Readonly<Record<string, unknown>>;

/**
 * A JSON Web Key Set (RFC 7517 section 5) of public keys that signatures can be verified with. What is not needed for that is
 * not kept. Problems are noted under `field`, such as `input.jwks.keys.0.n`.
 */
export function parseJwks(text: string, field: string, problems: FieldProblems): PublicJwks {
  const keys = keysIn(text);
  if (keys === undefined) {
    problems.note(field, `It must be a JSON Web Key Set of 1 to ${String(MAX_KEYS)} public keys.`);
    return { keys: [] };
  }
  const parsed = keys.map((key, i) => parseKey(key, `${field}.keys.${String(i)}`, problems));
  const named = parsed.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
  if (new Set(named).size < named.length) {
    problems.note(`${field}.keys`, 'No two keys may have the same kid.');
  }
  return { keys: parsed };
}

function keysIn(text: string): readonly Members[] | undefined {
  const set = text.length <= MAX_CHARACTERS ? parsedJson(text) : undefined;
  const keys = isMembers(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) return undefined;
  return keys.every(isMembers) ? keys : undefined;
}

function parseKey(key: Members, field: string, problems: FieldProblems): PublicJwk {
  const secret = SECRET_MEMBERS.find((member) => member in key);
  if (secret !== undefined) {
    problems.note(`${field}.${secret}`, 'Private and symmetric keys must not be given away.');
    return {};
  }
  const kind = kindOf(key);
  if (kind === undefined) {
    problems.note(`${field}.kty`, 'It must be RSA, EC with P-256 or P-384, or OKP with Ed25519.');
    return {};
  }
  noteUse(key, kind, field, problems);
  const jwk = kept(key, ['kty', ...kind.members, 'kid', 'alg', 'use']);
  const publicKey = imported(kept(key, ['kty', ...kind.members]));
  if (publicKey === undefined) problems.note(field, 'It is no valid public key.');
  else if (publicKey.asymmetricKeyType === 'rsa') noteRsa(publicKey, field, problems);
  return jwk;
}

function kindOf({ kty, crv }: Members): KeyKind | undefined {
  const name = kty === 'RSA' ? 'RSA' : `${String(kty)} ${String(crv)}`;
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

function noteUse(key: Members, kind: KeyKind, field: string, problems: FieldProblems): void {
  const { kid, use, alg } = key;
  const isName = typeof kid === 'string' && /^[\x21-\x7e]{1,200}$/.test(kid);
  if (kid !== undefined && !isName) {
    problems.note(`${field}.kid`, 'It must have 1 to 200 visible characters.');
  }
  if (use !== undefined && use !== 'sig') {
    problems.note(`${field}.use`, 'It must be a key to sign with: sig.');
  }
  if (alg !== undefined && !kind.algorithms.some((known) => known === alg)) {
    problems.note(`${field}.alg`, `It must be ${kind.algorithms.join(' or ')}.`);
  }
}

function noteRsa(key: KeyObject, field: string, problems: FieldProblems): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    const range = `${String(MIN_RSA_BITS)} to ${String(MAX_RSA_BITS)}`;
    problems.note(`${field}.n`, `The modulus must have ${range} bits.`);
  }
  if (publicExponent < 3n || publicExponent > MAX_EXPONENT || publicExponent % 2n === 0n) {
    problems.note(`${field}.e`, 'The exponent must be odd, from 3 to 2^32 - 1.');
  }
}

function kept(key: Members, members: readonly string[]): PublicJwk {
  const entries = members.map((member) => [member, key[member]] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'),
  );
}

function imported(jwk: PublicJwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined; // node:crypto's way of saying that it is none
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
