import { PROBLEMS } from '../../../src/kernel/errors.js';
import {
  fieldMessageOf,
  problemOf,
  sentenceOf,
  sentenceOfCode,
} from '../../../src/web/shared/errors.js';

test.each(Object.keys(PROBLEMS).filter((code) => code !== 'INTERNAL'))(
  'the server’s %s has a sentence of its own',
  (code) => {
    expect(sentenceOfCode(code)).not.toBe(sentenceOfCode('INTERNAL'));
  },
);

test('a code this page does not know reads as a failure on our side', () => {
  expect(sentenceOfCode('SOMETHING_NEWER')).toBe(sentenceOfCode('INTERNAL'));
});

test.each([
  [{ retryAfterSeconds: 1 }, 'That was too often. Please try again in 1 second.'],
  [{ retryAfterSeconds: 41.2 }, 'That was too often. Please try again in 42 seconds.'],
  [{ retryAfterSeconds: 600 }, 'That was too often. Please try again in 10 minutes.'],
  [{}, 'That was too often. Please wait a little and try again.'],
  [{ retryAfterSeconds: Number.NaN }, 'That was too often. Please wait a little and try again.'],
])('a rate limit with %j says when to come back', (facts, sentence) => {
  expect(sentenceOf({ code: 'RATE_LIMITED', facts })).toBe(sentence);
});

test('a wrong device code says how many attempts are left', () => {
  expect(sentenceOf({ code: 'CONFIRMATION_WRONG', facts: { attemptsLeft: 1 } })).toMatch(
    /One attempt is left\.$/u,
  );
});

test('a place may say more precisely what a code means there', () => {
  const problem = { code: 'INVALID_CREDENTIALS', facts: {} };
  expect(sentenceOf(problem, { INVALID_CREDENTIALS: 'Wrong password.' })).toBe('Wrong password.');
});

test('what a code means for one reason goes before what it means otherwise', () => {
  const here = { CONFLICT: 'In general.', 'CONFLICT/LIMIT': 'Too many.' };
  expect(sentenceOf({ code: 'CONFLICT', facts: { reason: 'LIMIT' } }, here)).toBe('Too many.');
  expect(sentenceOf({ code: 'CONFLICT', facts: { reason: 'TAKEN' } }, here)).toBe('In general.');
  expect(sentenceOf({ code: 'CONFLICT', facts: {} }, here)).toBe('In general.');
});

test.each([
  [[{ field: 'password', message: 'Too short.' }], 'Too short.'],
  [[{ field: 'input.password', message: 'Too short.' }], 'Too short.'],
  [[{ field: 'username', message: 'Too long.' }], undefined],
  [[{ field: 'password', message: 7 }], undefined],
  [[null], undefined],
  ['password', undefined],
])('of the fields %j the password’s message is %s', (fields, message) => {
  expect(fieldMessageOf({ code: 'INVALID_INPUT', facts: { fields } }, 'password')).toBe(message);
});

test('the code and the facts come from the extensions of the first coded error', () => {
  const failure = {
    graphQLErrors: [{}, { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 3 } }],
  };
  expect(problemOf(failure)).toEqual({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: 3 } });
});

test('no answer at all means that the server cannot be reached', () => {
  expect(problemOf({})).toEqual({ code: 'OFFLINE', facts: {} });
});

test('an error without a code is a failure on our side', () => {
  expect(problemOf({ graphQLErrors: [{}] }).code).toBe('INTERNAL');
});

test('a refusal of the HTTP edge is understood by its status', () => {
  const limited = new Response(null, { status: 429, headers: { 'retry-after': '7' } });
  expect(problemOf({ response: limited })).toEqual({
    code: 'RATE_LIMITED',
    facts: { retryAfterSeconds: 7 },
  });
  expect(problemOf({ response: new Response(null, { status: 503 }) }).code).toBe('OFFLINE');
});
