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

const CLOCK_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;
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
  const from = minuteOfDay(window.from);
  const to = minuteOfDay(window.to);
  const clock = clockOf(window.timeZone);
  if (from === undefined || to === undefined || clock === undefined) return undefined;
  const { day, minute } = localTime(clock, at);
  const beginsOn = (index: number): boolean =>
    window.days.some((name) => WEEKDAYS.indexOf(name) === index % WEEKDAYS.length);
  if (to > from) return beginsOn(day) && minute >= from && minute < to;
  return (beginsOn(day) && minute >= from) || (beginsOn(day + WEEKDAYS.length - 1) && minute < to);
}

function minuteOfDay(text: string): number | undefined {
  const [, hours, minutes] = CLOCK_TIME.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

function localTime(clock: Intl.DateTimeFormat, at: Date): { day: number; minute: number } {
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const weekday = parts.get('weekday')?.toUpperCase();
  return {
    day: WEEKDAYS.findIndex((name) => name === weekday),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  if (!ZONE_NAME.test(timeZone)) return undefined;
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
    return undefined; // Intl's way of saying that it knows no such zone
  }
}
