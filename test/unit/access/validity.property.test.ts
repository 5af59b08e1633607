import fc from 'fast-check';
import { judge } from '../../../src/features/access/judge.js';
import { NO_CONDITIONS, type Rule } from '../../../src/features/access/rule.js';
import {
  WEEKDAYS,
  windowContains,
  windowTurnsAt,
  type TimeWindow,
} from '../../../src/features/access/time-window.js';
import * as any from './arbitraries.js';
import { runs } from './property-runs.js';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

const clockTime = fc
  .record({ hour: fc.nat(23), minute: fc.constantFrom(0, 1, 15, 30, 59) })
  .map(({ hour, minute }) => [hour, minute].map((n) => String(n).padStart(2, '0')).join(':'));
const earlyTime = fc.constantFrom('00:00', '01:00', '01:30', '02:00', '02:15', '02:30', '03:00');
const zone = fc.constantFrom(
  'UTC',
  'Europe/Zurich',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Havana', // puts its clocks forward at midnight
  'Africa/Casablanca', // puts them back for Ramadan
);
const window: fc.Arbitrary<TimeWindow> = fc.record({
  days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 }),
  from: fc.oneof(clockTime, earlyTime),
  to: fc.oneof(clockTime, earlyTime),
  timeZone: zone,
});

/** Minute by minute, from the next whole one on. */
function* minutesAfter(at: Date, count: number): Generator<number> {
  const first = Math.floor(at.getTime() / MINUTE) + 1;
  for (let minute = first; minute < first + count; minute += 1) yield minute * MINUTE;
}

test('a window turns where a watch that looks every minute sees it turn', () => {
  let turned = 0;
  fc.assert(
    fc.property(window, any.instant, (one, at) => {
      const before = windowContains(one, at);
      const turn = windowTurnsAt(one, at);
      let seen: number | undefined;
      for (const minute of minutesAfter(at, 2 * DAY_MINUTES)) {
        if (windowContains(one, new Date(minute)) === before) continue;
        seen = minute;
        break;
      }
      turned += seen === undefined ? 0 : 1;
      const isSeen = turn <= at.getTime() + 2 * DAY_MINUTES * MINUTE;
      expect(seen).toBe(isSeen ? turn : undefined);
    }),
    runs(200),
  );
  expect(turned).toBeGreaterThan(0);
});

test.each<[string, Partial<TimeWindow>]>([
  ['that always holds', { days: [...WEEKDAYS], from: '08:00', to: '08:00' }],
  ['without days', { days: [] }],
  ['in an unknown zone', { timeZone: 'Mars/Olympus' }],
  ['that begins at no time', { from: '24:00' }],
])('a window %s never turns', (_, odd) => {
  const one = { days: ['MONDAY' as const], from: '08:00', to: '17:00', timeZone: 'UTC', ...odd };
  expect(windowTurnsAt(one, any.NOW)).toBe(Infinity);
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

test('whoever is let in stays so until validUntil, and is judged anew a minute later at the latest where a window ends it', () => {
  let closed = 0;
  fc.assert(
    fc.property(
      fc.array(window, { minLength: 1, maxLength: 2 }),
      fc.constantFrom('ALLOW' as const, 'DENY' as const),
      any.instant,
      (windows, effect, now) => {
        const rules = [{ ...allow(windows), effect }, ...(effect === 'DENY' ? [allow([])] : [])];
        const at = (time: number) => judge(rules, '/a', { ...facts, now: new Date(time) });
        const { outcome, validUntil } = at(now.getTime());
        fc.pre(outcome === 'ALLOWED');
        const until = validUntil?.getTime() ?? Infinity;
        let shut: number | undefined;
        for (const minute of minutesAfter(now, DAY_MINUTES / 2)) {
          if (at(minute).outcome === 'ALLOWED') continue;
          shut = minute;
          break;
        }
        closed += shut === undefined ? 0 : 1;
        expect(until).toBeLessThan(shut ?? Infinity);
        expect(until >= now.getTime()).toBe(true);
        expect(windows.length > 1 || until === (shut ?? until + 1) - 1).toBe(true);
      },
    ),
    runs(50),
  );
  expect(closed).toBeGreaterThan(0);
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
