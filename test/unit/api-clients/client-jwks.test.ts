import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { parseJwks } from '../../../src/features/api-clients/client-jwks';
import { FieldProblems } from '../../../src/kernel/field-problems';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

function jwkOf(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}

function refusedFields(text: string): string[] {
  const problems = new FieldProblems();
  parseJwks(text, 'jwks', problems);
  try {
    problems.refuse();
    return [];
  } catch (error) {
    const { facts } = error as { facts: { fields: { field: string }[] } };
    return facts.fields.map(({ field }) => field);
  }
}

function setOf(...keys: unknown[]): string {
  return JSON.stringify({ keys });
}

test.each([
  ['P-256', ec.publicKey],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
  ['Ed25519', generateKeyPairSync('ed25519').publicKey],
  ['RSA-2048', rsa.publicKey],
])('a public key is taken: %s', (_name, key) => {
  expect(refusedFields(setOf(jwkOf(key)))).toEqual([]);
});

test('what is not needed to verify is not kept', () => {
  const jwk = { ...jwkOf(ec.publicKey), kid: 'a', use: 'sig', alg: 'ES256' };
  const more = { x5u: 'http://evil.example', x5c: ['x'], key_ops: ['verify'], note: 'x' };
  const parsed = parseJwks(setOf({ ...jwk, ...more }), 'jwks', new FieldProblems());
  expect(parsed).toEqual({ keys: [jwk] });
});

test.each([
  ['no JSON', 'x'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['a single key', JSON.stringify(jwkOf(ec.publicKey))],
  ['no keys', setOf()],
  ['keys that are none', setOf(1)],
  ['keys within keys', setOf([jwkOf(ec.publicKey)])],
  ['too many keys', setOf(...Array.from({ length: 11 }, () => jwkOf(ec.publicKey)))],
  ['too long a text', `${setOf(jwkOf(ec.publicKey))}${' '.repeat(20_000)}`],
])('%s is no key set', (_what, text) => {
  expect(refusedFields(text)).toEqual(['jwks']);
});

test.each<[string, JsonWebKey, string]>([
  ['a private EC key', jwkOf(ec.privateKey), 'd'],
  ['a private RSA key', jwkOf(rsa.privateKey), 'd'],
  ['a private Ed25519 key', jwkOf(generateKeyPairSync('ed25519').privateKey), 'd'],
  ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }, 'k'],
  ['an RSA key with a prime', { ...jwkOf(rsa.publicKey), p: 'x' }, 'p'],
  ['RSA with 1024 bits', jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), 'n'],
  ['RSA with the exponent 1', { ...jwkOf(rsa.publicKey), e: 'AQ' }, 'e'],
  ['RSA with a giant exponent', { ...jwkOf(rsa.publicKey), e: `AQ${'AB'.repeat(20)}` }, 'e'],
  ['secp256k1', jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), 'kty'],
  ['X25519', jwkOf(generateKeyPairSync('x25519').publicKey), 'kty'],
  ['no type', { crv: 'P-256' }, 'kty'],
  ['the name of a member of all objects', { kty: 'constructor' }, 'kty'],
  ['a key to encrypt with', { ...jwkOf(ec.publicKey), use: 'enc' }, 'use'],
  ['an algorithm of another type', { ...jwkOf(ec.publicKey), alg: 'RS256' }, 'alg'],
  ['a symmetric algorithm', { ...jwkOf(rsa.publicKey), alg: 'HS256' }, 'alg'],
  ['no algorithm at all', { ...jwkOf(rsa.publicKey), alg: 'none' }, 'alg'],
  ['SHA-1', { ...jwkOf(rsa.publicKey), alg: 'RS1' }, 'alg'],
  ['an empty kid', { ...jwkOf(ec.publicKey), kid: '' }, 'kid'],
])('is refused: %s', (_what, jwk, member) => {
  expect(refusedFields(setOf(jwkOf(ec.publicKey), jwk))).toContain(`jwks.keys.1.${member}`);
});

test('a point that is not on the curve is refused', () => {
  const { x = '' } = jwkOf(ec.publicKey);
  expect(refusedFields(setOf({ ...jwkOf(ec.publicKey), y: x }))).toEqual(['jwks.keys.0']);
});

test('two keys of one kid are refused', () => {
  const key = { ...jwkOf(ec.publicKey), kid: 'same' };
  expect(refusedFields(setOf(key, key))).toEqual(['jwks.keys']);
});

test('a refusal repeats nothing of the key', () => {
  const problems = new FieldProblems();
  const jwk = jwkOf(ec.privateKey);
  parseJwks(setOf(jwk), 'jwks', problems);
  expect(JSON.stringify(problems)).not.toContain(jwk.d);
});
