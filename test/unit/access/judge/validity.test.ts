import { judge } from '../../../../src/features/access/judge/judge.js';
import { NO_CONDITIONS, type Rule } from '../../../../src/features/access/judge/rule.js';
import {
  WEEKDAYS,
  windowTurnsAt,
  type TimeWindow,
} from '../../../../src/features/access/judge/time-window.js';

const NOW = new Date('2026-03-29T01:30:00Z');

test.each<[string, Partial<TimeWindow>]>([
  ['that always holds', { days: [...WEEKDAYS], from: '08:00', to: '08:00' }],
  ['without days', { days: [] }],
  ['in an unknown zone', { timeZone: 'Mars/Olympus' }],
  ['that begins at no time', { from: '24:00' }],
])('a window %s never turns', (_, odd) => {
  const one = { days: ['MONDAY' as const], from: '08:00', to: '17:00', timeZone: 'UTC', ...odd };
  expect(windowTurnsAt(one, NOW)).toBe(Infinity);
});

test.each<[string, Partial<TimeWindow>, at: string, turn: string]>([
  ['begins at `from`', {}, '2026-05-04T07:59:59.999Z', '2026-05-04T08:00:00Z'],
  ['ends at `to`', {}, '2026-05-04T08:00:00Z', '2026-05-04T17:30:00Z'],
  ['ends in the last millisecond', {}, '2026-05-04T17:29:59.999Z', '2026-05-04T17:30:00Z'],
  ['begins a week later', {}, '2026-05-04T17:30:00Z', '2026-05-11T08:00:00Z'],
  [
    'ends on the next day',
    { from: '22:00', to: '06:00' },
    '2026-05-04T23:00:00Z',
    '2026-05-05T06:00:00Z',
  ],
  [
    'begins before midnight',
    { from: '22:00', to: '06:00' },
    '2026-05-04T05:00:00Z',
    '2026-05-04T22:00:00Z',
  ],
  ['ends after a day', { to: '08:00' }, '2026-05-04T08:00:00Z', '2026-05-05T08:00:00Z'],
  [
    'ends after two days',
    { days: ['MONDAY', 'TUESDAY'], to: '08:00' },
    '2026-05-04T08:00:00Z',
    '2026-05-06T08:00:00Z',
  ],
  [
    'begins at midnight',
    { from: '00:00', to: '01:00' },
    '2026-05-03T12:00:00Z',
    '2026-05-04T00:00:00Z',
  ],
  ['ends at midnight', { to: '00:00' }, '2026-05-04T12:00:00Z', '2026-05-05T00:00:00Z'],
  // Clocks in Zurich go from 02:00 to 03:00 on 29 March, 01:00 UTC, and from 03:00 to 02:00 on 25 October, 01:00 UTC.
  [
    'begins as clocks are put forward into it',
    sunday('02:30', '04:00'),
    '2026-03-29T00:10:00Z',
    '2026-03-29T01:00:00Z',
  ],
  [
    'ends as clocks are put forward beyond it',
    sunday('01:30', '02:45'),
    '2026-03-29T00:40:00Z',
    '2026-03-29T01:00:00Z',
  ],
  [
    'ends an hour earlier after that',
    sunday('01:00', '04:00'),
    '2026-03-29T00:00:00Z',
    '2026-03-29T02:00:00Z',
  ],
  [
    'begins again as clocks are put back into it',
    sunday('01:30', '02:30'),
    '2026-10-25T00:45:00Z',
    '2026-10-25T01:00:00Z',
  ],
  [
    'ends as clocks are put back before it',
    sunday('02:30', '04:00'),
    '2026-10-25T00:40:00Z',
    '2026-10-25T01:00:00Z',
  ],
  [
    'ends an hour later after that',
    sunday('00:00', '04:00'),
    '2026-10-24T23:00:00Z',
    '2026-10-25T03:00:00Z',
  ],
  // Lord Howe puts its clocks back by half an hour on 5 April: from 02:00 to 01:30, at 15:00 UTC of the day before.
  [
    'begins again by half an hour',
    { ...sunday('01:00', '01:45'), timeZone: 'Australia/Lord_Howe' },
    '2026-04-04T14:50:00Z',
    '2026-04-04T15:00:00Z',
  ],
])('a window %s', (_, change, at, turn) => {
  const one = { days: ['MONDAY' as const], from: '08:00', to: '17:30', timeZone: 'UTC', ...change };
  expect(new Date(windowTurnsAt(one, new Date(at)))).toEqual(new Date(turn));
});

function sunday(from: string, to: string): Partial<TimeWindow> {
  return { days: ['SUNDAY'], from, to, timeZone: 'Europe/Zurich' };
}

test('a window is asked about at any time, in any order', () => {
  const one = { days: ['MONDAY' as const], from: '08:00', to: '17:30', timeZone: 'UTC' };
  const times = [
    ['2026-05-04T12:00:00Z', '2026-05-04T17:30:00Z'],
    ['2026-05-04T13:00:00Z', '2026-05-04T17:30:00Z'],
    ['2026-05-04T05:00:00Z', '2026-05-04T08:00:00Z'],
    ['2026-05-04T08:00:00Z', '2026-05-04T17:30:00Z'],
    ['2026-05-05T05:00:00Z', '2026-05-11T08:00:00Z'],
  ] as const;
  const turns = times.map(([at]) => new Date(windowTurnsAt(one, new Date(at))));
  expect(turns).toEqual(times.map(([, turn]) => new Date(turn)));
});

test('a window that summer time swallows turns a week later', () => {
  const one = {
    days: ['SUNDAY' as const],
    from: '02:10',
    to: '02:40',
    timeZone: 'Europe/Zurich',
  };
  const beforeIt = new Date('2026-03-22T02:00:00Z');
  expect(new Date(windowTurnsAt(one, beforeIt))).toEqual(new Date('2026-04-05T00:10:00Z'));
});

const facts = {
  caller: 'USER' as const,
  roles: [],
  groups: [],
  address: '10.1.2.3',
  scopes: [],
  evidence: [],
  isChange: false,
};
const allow = (windows: readonly TimeWindow[]): Rule => ({
  enabled: true,
  effect: 'ALLOW',
  resources: ['/a'],
  when: { ...NO_CONDITIONS, windows },
  require: [],
});

describe('validUntil', () => {
  const office = { days: [...WEEKDAYS], from: '08:00', to: '17:00', timeZone: 'UTC' };
  const now = new Date('2026-05-04T12:00:00Z');
  const until = (rules: Rule[], more = {}): Date | null =>
    judge(rules, '/a', { ...facts, now, ...more }).validUntil;
  const deny = (windows: TimeWindow[]): Rule => ({ ...allow(windows), effect: 'DENY' });
  const late = { ...office, from: '20:00', to: '23:00' };

  test('is the last instant of the window that lets in', () => {
    expect(until([allow([office])])).toEqual(new Date('2026-05-04T16:59:59.999Z'));
  });
  test('is that of the window that ends last', () => {
    expect(until([allow([office, { ...office, to: '18:00' }])])).toEqual(
      new Date('2026-05-04T17:59:59.999Z'),
    );
  });
  test('is not changed by a window that has not begun', () => {
    expect(until([allow([office, late])])).toEqual(new Date('2026-05-04T16:59:59.999Z'));
  });
  test('is null where an alternative without windows stays', () => {
    expect(until([allow([office]), allow([])])).toBeNull();
  });
  test('is the last instant before a DENY begins, the first of them', () => {
    const rules = [allow([]), deny([late, { ...late, from: '19:00' }]), deny([late])];
    expect(until(rules)).toEqual(new Date('2026-05-04T18:59:59.999Z'));
  });
  test('is not changed by a DENY that speaks of others', () => {
    const others = deny([late]);
    const rule = { ...others, when: { ...others.when, groups: ['guests'] } };
    expect(until([allow([]), rule])).toBeNull();
  });
  test('is that of a DENY on what stands open, too', () => {
    const rule = { ...deny([late]), resources: ['/sign-in'] };
    expect(judge([rule], '/sign-in', { ...facts, now }).validUntil).toEqual(
      new Date('2026-05-04T19:59:59.999Z'),
    );
  });
  test('is the earlier of a window and of what was proven', () => {
    const require = [{ anyOf: [{ method: 'TOTP' as const, provider: null, maxAgeSeconds: 600 }] }];
    const evidence = [{ method: 'TOTP' as const, provider: null, credential: '', at: now }];
    expect(until([{ ...allow([office]), require }], { evidence })).toEqual(
      new Date('2026-05-04T12:10:00Z'),
    );
  });
});
