import fc from 'fast-check';
import { judge } from '../../../../src/features/access/judge/judge.js';
import { NO_CONDITIONS, type Rule } from '../../../../src/features/access/judge/rule.js';
import {
  WEEKDAYS,
  windowContains,
  windowTurnsAt,
  type TimeWindow,
} from '../../../../src/features/access/judge/time-window.js';
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

const facts = {
  caller: 'USER' as const,
  roles: [],
  groups: [],
  address: '10.1.2.3',
  scopes: [],
  evidence: [],
  isChange: false,
};
/** The one kind of window that nothing ever ends. */
const ALL_DAY_LONG = { days: WEEKDAYS, from: '00:00', to: '00:00', timeZone: 'UTC' };
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
        expect(shut === undefined || until < shut).toBe(true);
        expect(until >= now.getTime()).toBe(true);
        expect(windows.length > 1 || until === (shut ?? until + 1) - 1).toBe(true);
      },
    ),
    { ...runs(50), examples: [[[ALL_DAY_LONG], 'ALLOW', new Date('2026-03-28T23:30:00Z')]] },
  );
  expect(closed).toBeGreaterThan(0);
});
