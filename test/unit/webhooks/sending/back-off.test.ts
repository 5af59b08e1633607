import fc from 'fast-check';
import {
  JITTER,
  PATIENCE_SECONDS,
  PAUSES_SECONDS,
  pauseAfter,
  secondsWished,
} from '../../../../src/features/webhooks/sending/back-off';

const HOUR = 3600;
const DAY = 24 * HOUR;
const NOW = new Date('2025-11-22T10:00:00Z');

/** When attempts are made, in seconds since the first, where each fails after so long. */
function attemptsOf(
  chances: () => number,
  durationSeconds = 0,
  wish: number | null = null,
): number[] {
  const attempts = [0];
  for (let failures = 1; ; failures += 1) {
    const elapsedSeconds = (attempts.at(-1) ?? 0) + durationSeconds;
    const facts = { failures, elapsedSeconds, wishedSeconds: wish, chance: chances() };
    const pause = pauseAfter(facts);
    if (pause === null) return attempts;
    attempts.push(elapsedSeconds + pause);
  }
}

test('without jitter the attempts are those that the guide tells', () => {
  const told = [
    0, 5, 35, 155, 755, 2555, 6155, 13_355, 27_755, 56_555, 99_755, 142_955, 186_155, 229_355,
    259_200,
  ];
  expect(attemptsOf(() => 0.5)).toEqual(told);
});

test('whatever chance does, the last attempt is made after just three days, and each comes later than the one before', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true })), (stream) => {
      const chances = stream[Symbol.iterator]();
      const attempts = attemptsOf(() => chances.next().value ?? 0);
      expect(attempts.at(-1)).toBe(PATIENCE_SECONDS);
      expect(PATIENCE_SECONDS).toBe(3 * DAY);
      expect(attempts).toEqual([...attempts].sort((a, b) => a - b));
      expect(attempts.length).toBeGreaterThanOrEqual(13);
      expect(attempts.length).toBeLessThanOrEqual(18);
    }),
  );
});

test('each pause lies within the jitter around its length', () => {
  PAUSES_SECONDS.forEach((length, i) => {
    const facts = { failures: i + 1, elapsedSeconds: 0, wishedSeconds: null };
    expect(pauseAfter({ ...facts, chance: 0 })).toBeCloseTo(length * (1 - JITTER));
    expect(pauseAfter({ ...facts, chance: 1 })).toBeCloseTo(length * (1 + JITTER));
  });
});

test('slow failures do not make the last attempt earlier than three days', () => {
  const attempts = attemptsOf(() => 0.5, 15);
  expect(attempts.at(-1)).toBeGreaterThanOrEqual(PATIENCE_SECONDS);
});

test('a receiver that asks for longer is left alone for longer, but neither for more than 12 hours nor beyond three days', () => {
  const facts = { failures: 1, elapsedSeconds: 0, chance: 0.5 };
  expect(pauseAfter({ ...facts, wishedSeconds: 600 })).toBe(600);
  expect(pauseAfter({ ...facts, wishedSeconds: 1 })).toBe(5);
  expect(pauseAfter({ ...facts, wishedSeconds: 30 * DAY })).toBe(12 * HOUR);
  expect(pauseAfter({ ...facts, elapsedSeconds: 3 * DAY - 60, wishedSeconds: 600 })).toBe(60);
  expect(attemptsOf(() => 0.5, 0, 30 * DAY).at(-1)).toBe(PATIENCE_SECONDS);
});

test('Retry-After is read as seconds or as a date, and anything else is no wish', () => {
  const read = (text: string | null): number | null => secondsWished(text, NOW);
  expect(read('120')).toBe(120);
  expect(read('Sat, 22 Nov 2025 10:01:00 GMT')).toBe(60);
  expect(read('Sat, 22 Nov 2025 09:00:00 GMT')).toBe(0);
  expect([null, 'soon', '-5', '1e9', ''].map(read)).toEqual([null, null, null, null, null]);
});
