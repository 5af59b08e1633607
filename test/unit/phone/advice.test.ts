import { PROBLEMS } from '../../../src/kernel/errors.js';
import { adviceOn } from '../../../src/phone/advice.js';
import { NO_ANSWER, PHONE_PROBLEMS, PhoneError, ServerError } from '../../../src/phone/problem.js';

/** What a phone can be told that has scanned a project's activation code. */
const SHARED_CODES = [
  'ACTIVATION_CODE_ROTATED',
  'ACTIVATION_PAUSED',
  'CONFIRMATION_REQUIRED',
  'CONFIRMATION_WRONG',
  'CSR_REJECTED',
  'ENROLMENT_CANCELLED',
  'ENROLMENT_COMPLETED',
  'ENROLMENT_EXPIRED',
  'ENROLMENT_SUPERSEDED',
  'ID_RANGE_EXHAUSTED',
  'INTERNAL',
  'INVALID_TRANSITION',
  'NOT_FOUND',
  'QUOTA_REACHED',
  'RATE_LIMITED',
  'UNAUTHENTICATED',
];

const UNKNOWN = adviceOn(new ServerError('SOMETHING_NEW', 'new'));

test.each([...Object.keys(PROBLEMS), NO_ANSWER])('%s has a sentence of its own', (code) => {
  const advice = adviceOn(new ServerError(code, 'refused'));
  expect(advice.code).toBe(code);
  expect(advice.title).not.toBe(UNKNOWN.title);
  expect(advice.next).not.toBe('');
});

test.each(Object.keys(PHONE_PROBLEMS))('%s of the phone has a sentence of its own', (code) => {
  const advice = adviceOn(new PhoneError(code as keyof typeof PHONE_PROBLEMS));
  expect(advice.title).toBe(PHONE_PROBLEMS[code as keyof typeof PHONE_PROBLEMS]);
  expect(advice.next).not.toBe('');
});

test('a code nobody has heard of still gets a way on', () => {
  expect(UNKNOWN).toMatchObject({ code: 'SOMETHING_NEW', retry: false });
  expect(UNKNOWN.next).not.toBe('');
});

test('an error that is a bug is told without its details', () => {
  const advice = adviceOn(new TypeError('undefined is not a function'));
  expect(advice).toMatchObject({ code: 'UNFORESEEN', retry: true });
  expect(advice.title).not.toContain('undefined');
});

test('nothing is retried for an enrolment that has ended', () => {
  const failed = new ServerError('INTERNAL', 'failed', {}, { ended: true });
  expect(adviceOn(failed).retry).toBe(false);
  expect(adviceOn(new ServerError('INTERNAL', 'failed')).retry).toBe(true);
});

test.each(SHARED_CODES)(
  'who has scanned a code for all phones is not told to order by %s',
  (code) => {
    for (const ended of [false, true]) {
      const { title, next } = adviceOn(new ServerError(code, 'refused', {}, { ended }), {
        isShared: true,
      });
      expect(`${title} ${next}`).not.toMatch(/order/i);
    }
  },
);
