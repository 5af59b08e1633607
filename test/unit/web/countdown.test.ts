import {
  formatCountdown,
  secondsUntil,
  speakCountdown,
} from '../../../src/web/shared/countdown.js';

const NOON = Date.parse('2026-01-01T12:00:00Z');

test.each([
  [0, '0:00'],
  [9, '0:09'],
  [299, '4:59'],
  [300, '5:00'],
  [3599, '59:59'],
  [3600, '1 h 00 min'],
  [7505, '2 h 05 min'],
  [86_400, '1 day'],
  [604_800, '7 days'],
])('%i seconds read as %s', (seconds, text) => {
  expect(formatCountdown(seconds)).toBe(text);
});

test.each([
  [1, '1 second'],
  [59, '59 seconds'],
  [60, '1 minute'],
  [299, '4 minutes'],
  [7505, '2 h 05 min'],
])('%i seconds are spoken as %s', (seconds, text) => {
  expect(speakCountdown(seconds)).toBe(text);
});

test('a second that has begun still counts', () => {
  expect(secondsUntil('2026-01-01T12:00:01Z', NOON + 1)).toBe(1);
  expect(secondsUntil('2026-01-01T12:00:01Z', NOON + 1000)).toBe(0);
});

test('what is over stays at zero', () => {
  expect(secondsUntil('2026-01-01T11:00:00Z', NOON)).toBe(0);
});
