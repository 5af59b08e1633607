import {
  isClockTime,
  isTimeZone,
  windowContains,
  type TimeWindow,
} from '../../../../src/features/access/judge/time-window.js';

const office: TimeWindow = {
  days: ['MONDAY', 'FRIDAY'],
  from: '08:00',
  to: '17:30',
  timeZone: 'Europe/Zurich',
};
const night: TimeWindow = { days: ['SATURDAY'], from: '22:00', to: '06:00', timeZone: 'UTC' };

test.each<[string, TimeWindow, string, boolean]>([
  ['begins at `from`, inclusive', office, '2026-01-05T07:00:00Z', true],
  ['has not begun a second before', office, '2026-01-05T06:59:59Z', false],
  ['holds until the last second before `to`', office, '2026-01-05T16:29:59Z', true],
  ['ends at `to`, exclusive', office, '2026-01-05T16:30:00Z', false],
  ['does not begin on other days', office, '2026-01-06T12:00:00Z', false],
  ['follows summer time', office, '2026-07-06T06:00:00Z', true],
  ['has left winter time behind', office, '2026-07-06T15:30:00Z', false],
  ['runs into the next day where `to` is before `from`', night, '2026-01-04T05:59:00Z', true],
  ['ends on the next day', night, '2026-01-04T06:00:00Z', false],
  ['does not begin on the day into which it runs', night, '2026-01-04T22:00:00Z', false],
  ['begins on its own day in the evening', night, '2026-01-03T22:00:00Z', true],
  ['does not reach back to the morning of its day', night, '2026-01-03T05:00:00Z', false],
  ['lasts a day where `to` is `from`', { ...night, to: '22:00' }, '2026-01-04T21:59:00Z', true],
  ['and not longer', { ...night, to: '22:00' }, '2026-01-04T22:00:00Z', false],
  [
    'ends at midnight where `to` is 00:00',
    { ...night, to: '00:00' },
    '2026-01-04T00:00:00Z',
    false,
  ],
  ['reaches midnight where `to` is 00:00', { ...night, to: '00:00' }, '2026-01-03T23:59:59Z', true],
  ['never begins without days', { ...night, days: [] }, '2026-01-03T23:00:00Z', false],
])('a window %s', (_, window, at, inside) => {
  expect(windowContains(window, new Date(at))).toBe(inside);
});

test('a window that begins in the hour that summer time leaves out begins at its end', () => {
  const window: TimeWindow = { ...office, days: ['SUNDAY'], from: '02:30', to: '04:00' };
  expect(windowContains(window, new Date('2026-03-29T00:59:00Z'))).toBe(false);
  expect(windowContains(window, new Date('2026-03-29T01:00:00Z'))).toBe(true);
});

test('a window in the hour that comes twice holds both times', () => {
  const window: TimeWindow = { ...office, days: ['SUNDAY'], from: '02:00', to: '03:00' };
  expect(windowContains(window, new Date('2026-10-25T00:30:00Z'))).toBe(true);
  expect(windowContains(window, new Date('2026-10-25T01:30:00Z'))).toBe(true);
  expect(windowContains(window, new Date('2026-10-25T02:00:00Z'))).toBe(false);
});

test.each([
  { from: '8:00' },
  { to: '24:00' },
  { timeZone: '+01:00' },
  { timeZone: 'Mars/Olympus' },
])('a window with %j cannot be read', (broken) => {
  expect(
    windowContains({ ...office, ...broken }, new Date('2026-01-05T12:00:00Z')),
  ).toBeUndefined();
});

test.each(['00:00', '23:59'])('%s is a time of day', (text) => {
  expect(isClockTime(text)).toBe(true);
});
test.each(['24:00', '12:60', '1:00', '12:00:00', '', ' 12:00'])(
  '"%s" is no time of day',
  (text) => {
    expect(isClockTime(text)).toBe(false);
  },
);

test.each(['UTC', 'Europe/Zurich', 'America/Argentina/Buenos_Aires', 'America/Port-au-Prince'])(
  '%s is a time zone',
  (text) => {
    expect(isTimeZone(text)).toBe(true);
  },
);
test.each(['', '+01:00', 'Mars/Olympus', 'Europe/Zurich\n'])('%j is no time zone', (text) => {
  expect(isTimeZone(text)).toBe(false);
});
