import { follows } from '../../../../src/platform/event-bus/announcement-poll';

const NOON = new Date('2026-03-01T12:00:00Z');
const after = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1000);

test.each([
  ['right after it, with nothing in between', '100', 0.4, true],
  ['after some transactions', '1000', 0.4, true],
  ['after minutes without an answer', '1000', 299, true],
  ['so late that announcements may have been deleted', '1000', 301, false],
  ['of a database that was set back', '99', 0.4, false],
  ['by a clock that was set back far', '1000', -3600, false],
  ['with numbers beyond those of JavaScript', '9007199254740993', 0.4, true],
])('a look %s: at %s after %s s, nothing was missed: %s', (_, horizon, seconds, complete) => {
  const before = { horizon: '100', now: NOON };
  expect(follows({ horizon, now: after(seconds) }, before)).toBe(complete);
});
