export const WEEKDAYS = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Begins on `days` at `from`, local time; ends before `to`, on the next day where `to` is at or before `from`. */
export interface TimeWindow {
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

const MINUTE_MS = 60_000;
const DAY = 24 * 60;
const WEEK = WEEKDAYS.length * DAY;
/** Windows come again each week, unless the hour that summer time leaves out swallows one. */
const LOOK_AHEAD = 2 * WEEK;
const CLOCK_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const OFFSET = /^[+-]/;
const clocks = new Map<string, Intl.DateTimeFormat>();

export function isClockTime(text: string): boolean {
  return CLOCK_TIME.test(text);
}

/** Whether the text names a time zone of the IANA database. */
export function isTimeZone(text: string): boolean {
  return clockOf(text) !== undefined;
}

/** Whether the instant lies in the window, by the clocks and calendar of its zone; undefined where it cannot be read. */
export function windowContains(window: TimeWindow, at: Date): boolean | undefined {
  const read = readWindow(window);
  return read && isInside(read, read.localMinute(Math.floor(at.getTime() / MINUTE_MS)));
}

/**
 * Milliseconds since 1970 of the first instant after `at` at which the window begins, if it does not hold, or has ended, if it
 * does. Infinity where it never does, or cannot be read. Zones are whole minutes from UTC, since 1972 all over the world.
 */
export function windowTurnsAt(window: TimeWindow, at: Date): number {
  const time = at.getTime();
  const known = turns.get(window);
  // Stryker disable next-line all: nothing but time is lost where the answer is found anew
  if (known !== undefined && known.since <= time && time < known.turn) return known.turn;
  const turn = findTurn(window, time);
  // Stryker disable next-line ObjectLiteral: as above
  turns.set(window, { since: time, turn });
  return turn;
}

/** The last answer for each window: the same windows are asked about at each decision. */
const turns = new WeakMap<TimeWindow, { readonly since: number; readonly turn: number }>();

function findTurn(window: TimeWindow, time: number): number {
  const read = readWindow(window);
  if (read === undefined) return Infinity;
  const start = Math.floor(time / MINUTE_MS);
  const before = isInside(read, read.localMinute(start));
  // Stryker disable next-line EqualityOperator: to look a minute further finds nothing more
  for (let minute = start; minute < start + LOOK_AHEAD;) {
    minute = nextTurn(read, minute);
    if (isInside(read, read.localMinute(minute)) !== before) return minute * MINUTE_MS;
  }
  return Infinity;
}

/** Minutes are counted from 1970 in UTC, and from Monday 00:00 in local time. */
interface ReadWindow {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly localMinute: (minute: number) => number;
}

function readWindow(window: TimeWindow): ReadWindow | undefined {
  const from = minuteOfDay(window.from);
  const to = minuteOfDay(window.to);
  const clock = clockOf(window.timeZone);
  if (from === undefined || to === undefined || clock === undefined) return undefined;
  const days = window.days.map((day) => WEEKDAYS.indexOf(day));
  return { days, from, to, localMinute: (minute) => minuteOfWeek(clock, minute) };
}

function isInside({ days, from, to }: ReadWindow, localMinute: number): boolean {
  const day = Math.floor(localMinute / DAY);
  const minute = localMinute % DAY;
  if (to > from) return days.includes(day) && minute >= from && minute < to;
  const dayBefore = (day + WEEKDAYS.length - 1) % WEEKDAYS.length;
  return (days.includes(day) && minute >= from) || (days.includes(dayBefore) && minute < to);
}

/** The next minute at which the clock shows `from` or `to`, or is put forward or back. */
function nextTurn({ from, to, localMinute }: ReadWindow, minute: number): number {
  const here = localMinute(minute);
  const [toFrom, toTo] = [from, to].map((turn) => ((turn - here + WEEK - 1) % DAY) + 1);
  const ahead = Math.min(toFrom ?? DAY, toTo ?? DAY);
  const isSteady = (passed: number): boolean =>
    localMinute(minute + passed) === (here + passed) % WEEK;
  return minute + (isSteady(ahead) ? ahead : firstUnsteady(ahead, isSteady));
}

/** By bisection: the clock is put forward or back at most once in a day. */
function firstUnsteady(ahead: number, isSteady: (passed: number) => boolean): number {
  let [steady, unsteady] = [0, ahead];
  while (unsteady - steady > 1) {
    const middle = Math.floor((steady + unsteady) / 2);
    if (isSteady(middle)) steady = middle;
    else unsteady = middle;
  }
  return unsteady;
}

function minuteOfDay(text: string): number | undefined {
  const read = CLOCK_TIME.exec(text);
  return read === null ? undefined : Number(read[1]) * 60 + Number(read[2]);
}

function minuteOfWeek(clock: Intl.DateTimeFormat, minute: number): number {
  const at = new Date(minute * MINUTE_MS);
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const weekday = String(parts.get('weekday')).toUpperCase();
  const day = WEEKDAYS.findIndex((name) => name === weekday);
  return day * DAY + Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
}

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(timeZone);
  // Stryker disable next-line ConditionalExpression: nothing but time is lost where a clock is made anew
  if (known !== undefined) return known;
  // Stryker disable next-line all: on Node 20 Intl refuses them itself
  if (OFFSET.test(timeZone)) return undefined; // no zone, though newer versions of Intl take it for one
  try {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'long',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, clock);
    return clock;
  } catch {
    // Intl's way of saying that it knows no such zone
  }
  return undefined;
}
