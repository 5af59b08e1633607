import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { invalidInput } from '../../../kernel/errors.js';
import { algorithmFor, type Recipient, type WrappingAlgorithm } from './key-envelope.js';
import { parseDer } from '../x509/der.js';
import { acceptedKeyAlgorithm } from '../x509/key-checks.js';

/** RFC 7518 section 6. Anything else has no place in a public key for wrapping; `d` and its like least of all. */
const MEMBERS = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
} as const satisfies Record<string, readonly string[]>;
const ASIDE: ReadonlySet<string> = new Set(['kty', 'alg', 'use', 'key_ops', 'ext', 'kid']);
const ALGORITHMS: Readonly<Record<keyof typeof MEMBERS, readonly WrappingAlgorithm[]>> = {
  RSA: ['RSA-OAEP-256'],
  EC: ['ECDH-ES+A256KW', 'ECDH-ES'],
};
const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** RFC 7517 section 4.3: what a key may be used for that keys are wrapped for. */
const OPERATIONS: ReadonlySet<unknown> = new Set(['encrypt', 'wrapKey', 'deriveKey', 'deriveBits']);

type Jwk = Readonly<Record<string, unknown>> & { readonly kty: keyof typeof MEMBERS };

/** @throws DomainError INVALID_INPUT where it is no public JWK that keys can be wrapped for */
export function readWrappingKey(text: string, field = 'input.wrappingKey'): Recipient {
  try {
    const jwk = parseJwk(text);
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    acceptedKeyAlgorithm(parseDer(key.export({ format: 'der', type: 'spki' })));
    return { key, algorithm: algorithmOf(jwk, key) };
  } catch (cause) {
    if (cause instanceof NotForWrapping) throw invalidInput(field, cause.message);
    throw invalidInput(field, 'It must be a public JWK: RSA of 2048 bits or more, P-256 or P-384.');
  }
}

class NotForWrapping extends Error {}

function parseJwk(text: string): Jwk {
  const jwk = JSON.parse(text) as unknown;
  if (!isJwk(jwk)) throw new NotForWrapping('It must be a JWK with kty RSA or EC.');
  const needed: readonly string[] = MEMBERS[jwk.kty];
  if (Object.keys(jwk).some((name) => !needed.includes(name) && !ASIDE.has(name))) {
    throw new NotForWrapping('It must hold the public key and nothing else.');
  }
  if (!needed.every((name) => isCanonical(jwk[name]) || (name === 'crv' && isText(jwk[name])))) {
    throw new NotForWrapping(`It must have ${needed.join(', ')}.`);
  }
  if (!isForWrapping(jwk)) throw new NotForWrapping('It is meant for another use.');
  return jwk;
}

function isJwk(value: unknown): value is Jwk {
  const kty = (Object(value) as { kty?: unknown }).kty;
  return typeof kty === 'string' && Object.hasOwn(MEMBERS, kty);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCanonical(value: unknown): boolean {
  return (
    isText(value) &&
    BASE64URL.test(value) &&
    Buffer.from(value, 'base64url').toString('base64url') === value
  );
}

function isForWrapping({ use, key_ops: operations }: Jwk): boolean {
  const isMeant =
    operations === undefined ||
    (Array.isArray(operations) && operations.every((operation) => OPERATIONS.has(operation)));
  return (use === undefined || use === 'enc') && isMeant;
}

function algorithmOf({ kty, alg }: Jwk, key: KeyObject): WrappingAlgorithm {
  if (alg === undefined || alg === 'ECDH') return algorithmFor(key);
  const algorithm = ALGORITHMS[kty].find((known) => known === alg);
  if (algorithm === undefined) {
    throw new NotForWrapping(`Its alg must be one of ${ALGORITHMS[kty].join(', ')}.`);
  }
  return algorithm;
}
