import {
  issuerOf,
  matchingSteps,
  secretText,
  stepAt,
  totpCode,
  totpUri,
} from '../../../src/features/authentication/totp/totp-code.js';

/** The secret of RFC 6238 appendix B, for SHA-1. */
const SECRET = Buffer.from('12345678901234567890');

/** RFC 6238 appendix B, of the eight digits the last six. */
const VECTORS = [
  [59, 0x1, '287082'],
  [1111111109, 0x23523ec, '081804'],
  [1111111111, 0x23523ed, '050471'],
  [1234567890, 0x273ef07, '005924'],
  [2000000000, 0x3f940aa, '279037'],
  [20000000000, 0x27bc86aa, '353130'],
] as const;

test.each(VECTORS)('at %i s the step is %i and the code %s', (seconds, step, code) => {
  const at = new Date(seconds * 1000);
  expect(stepAt(at)).toBe(step);
  expect(totpCode(SECRET, step)).toBe(code);
  expect(matchingSteps(SECRET, code, at)).toEqual([step]);
});

test('a step lasts thirty seconds', () => {
  expect([0, 29_999, 30_000, 59_999, 60_000].map((ms) => stepAt(new Date(ms)))).toEqual([
    0, 0, 1, 1, 2,
  ]);
});

test('the steps before and after match as well, and none further away', () => {
  const at = new Date(1_111_111_109_000);
  const present = stepAt(at);
  const matched = [-2, -1, 0, 1, 2].map((distance) =>
    matchingSteps(SECRET, totpCode(SECRET, present + distance), at),
  );
  expect(matched).toEqual([[], [present - 1], [present], [present + 1], []]);
});

test.each(['', '28708', '2870820', '287083', '94287082'])('%j is not the code 287082', (guess) => {
  expect(matchingSteps(SECRET, guess, new Date(59_000))).toEqual([]);
});

test('the secret is written in base32, without padding', () => {
  expect(secretText(SECRET)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
});

test.each(['alva', 'alva@example.org', 'a:b', 'a&secret=AAAA', 'a/b?c#d', 'å%41', '鈴木'])(
  'the URI for %j names issuer and account, and nothing of it breaks out',
  (account) => {
    const text = totpUri('id.example.org', account, SECRET);
    expect(text).toMatch(/^otpauth:\/\/totp\/id\.example\.org:[^:/?#]*\?[^#]*$/);
    const uri = new URL(text);
    expect(decodeURIComponent(uri.pathname.slice(1))).toBe(`id.example.org:${account}`);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'id.example.org',
      secret: secretText(SECRET),
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  },
);

test.each([
  ['https://id.example.org', 'id.example.org'],
  ['https://id.example.org:8443', 'id.example.org'],
  ['http://localhost:4000', 'Signet'],
  ['http://127.0.0.1:4000', 'Signet'],
  ['https://192.0.2.1', 'Signet'],
  ['https://[2001:db8::1]:4000', 'Signet'],
])('codes of %s are listed under %s', (publicUrl, issuer) => {
  expect(issuerOf(publicUrl)).toBe(issuer);
});
