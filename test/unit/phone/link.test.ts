import fc from 'fast-check';
import {
  isCode,
  parseLink,
  parseProofLink,
  proofCodeIn,
  serverUrlOf,
} from '../../../src/phone/link.js';
import { PhoneError } from '../../../src/phone/problem.js';

const code = fc.stringMatching(/^[A-Za-z0-9_-]{22,86}$/);
const path = fc.stringMatching(/^(\/[a-z0-9]{1,8}){0,3}$/);
const secureOrigin = fc
  .tuple(fc.domain(), fc.option(fc.integer({ min: 1024, max: 65_535 })))
  .map(([host, port]) => `https://${host}${port === null ? '' : `:${port.toString()}`}`);
const loopbackOrigin = fc
  .tuple(
    fc.constantFrom('localhost', '127.0.0.1', '127.3.2.1', '[::1]', 'signet.localhost'),
    fc.integer({ min: 1024, max: 65_535 }),
  )
  .map(([host, port]) => `http://${host}:${port.toString()}`);

test('a link gives back the public URL and the code it was made of', () => {
  fc.assert(
    fc.property(fc.oneof(secureOrigin, loopbackOrigin), path, code, (origin, under, secret) => {
      const serverUrl = `${new URL(origin).origin}${under}`;
      expect(parseLink(`${serverUrl}/m#${secret}`)).toEqual({ serverUrl, code: secret });
    }),
  );
});

test('a link to a question is told from a link to an order', () => {
  fc.assert(
    fc.property(fc.oneof(secureOrigin, loopbackOrigin), path, code, (origin, under, secret) => {
      const serverUrl = `${new URL(origin).origin}${under}`;
      const link = `${serverUrl}/m#p.${secret}`;
      expect(parseProofLink(link)).toEqual({ serverUrl, code: secret });
      expect(outcomeOf(link)).toMatchObject({ code: 'LINK_NOT_UNDERSTOOD' });
      expect(parseProofLink(`${serverUrl}/m#${secret}`)).toBeUndefined();
    }),
  );
});

test.each([
  '',
  'p',
  'p.',
  'p.short',
  `p.${'A'.repeat(21)}`,
  `P.${'A'.repeat(22)}`,
  `p.p.${'A'.repeat(22)}`,
])('the fragment %p is no question', (fragment) => {
  expect(proofCodeIn(fragment)).toBeUndefined();
});

test('a question over plain http to another machine is refused', () => {
  expect(() => parseProofLink(`http://id.example/m#p.${'A'.repeat(22)}`)).toThrow(PhoneError);
});

test('white space around a pasted link does no harm', () => {
  const link = ' https://id.example/m#AAAAAAAAAAAAAAAAAAAAAA\n';
  expect(parseLink(link).code).toBe('AAAAAAAAAAAAAAAAAAAAAA');
});

test.each([
  ['nothing', ''],
  ['a word', 'hello'],
  ['plain http to another machine', 'http://id.example/m#AAAAAAAAAAAAAAAAAAAAAA'],
  ['a name that only begins like loopback', 'http://localhost.example/m#AAAAAAAAAAAAAAAAAAAAAA'],
  [
    'an address that only begins like loopback',
    'http://127.0.0.1.example/m#AAAAAAAAAAAAAAAAAAAAAA',
  ],
  ['another scheme', 'javascript:alert(1)//m#AAAAAAAAAAAAAAAAAAAAAA'],
  ['another page', 'https://id.example/x#AAAAAAAAAAAAAAAAAAAAAA'],
  ['a page that only ends in m', 'https://id.example/form#AAAAAAAAAAAAAAAAAAAAAA'],
  ['a code in the query', 'https://id.example/m?code=AAAAAAAAAAAAAAAAAAAAAA'],
  ['a query beside the code', 'https://id.example/m?x=1#AAAAAAAAAAAAAAAAAAAAAA'],
  ['a password', 'https://user:secret@id.example/m#AAAAAAAAAAAAAAAAAAAAAA'],
  ['no code', 'https://id.example/m'],
  ['a short code', 'https://id.example/m#AAAA'],
  ['a code in another alphabet', 'https://id.example/m#AAAAAAAAAAAAAAAAAAAA+/'],
  ['a code without an end', `https://id.example/m#${'A'.repeat(87)}`],
])('a link with %s is refused', (_, link) => {
  expect(outcomeOf(link)).toMatchObject({ code: 'LINK_NOT_UNDERSTOOD' });
});

test('whatever is pasted is either a link with a code or refused by name', () => {
  const pasted = fc.oneof(
    fc.string(),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
  );
  fc.assert(
    fc.property(pasted, (text) => {
      const outcome = outcomeOf(text);
      expect(outcome instanceof PhoneError || isCode(outcome)).toBe(true);
    }),
  );
});

test('a refusal does not repeat what was pasted', () => {
  const secret = 'SECRETSECRETSECRETSECRET';
  const outcome = outcomeOf(`http://id.example/m#${secret}`);
  expect(outcome).toBeInstanceOf(PhoneError);
  expect(JSON.stringify(outcome)).not.toContain(secret);
});

test('the page at /m knows the public URL of its server', () => {
  expect(serverUrlOf(new URL('https://id.example/m'))).toBe('https://id.example');
  expect(serverUrlOf(new URL('https://id.example/signet/m/'))).toBe('https://id.example/signet');
});

function outcomeOf(text: string): string | PhoneError {
  try {
    return parseLink(text).code;
  } catch (error) {
    if (error instanceof PhoneError) return error;
    throw error;
  }
}
