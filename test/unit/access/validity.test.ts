import { judge } from '../../../src/features/access/judge.js';
import { NO_CONDITIONS, type Rule } from '../../../src/features/access/rule.js';
import {
  WEEKDAYS,
  windowTurnsAt,
  type TimeWindow,
} from '../../../src/features/access/time-window.js';

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
