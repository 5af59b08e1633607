const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Whole seconds from `nowMs` until the instant, never negative; a second that has begun still counts. */
export function secondsUntil(instant: string, nowMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(instant) - nowMs) / 1000));
}

/** "4:05" under an hour, "2 h 05 min" under a day, "3 days" beyond. */
export function formatCountdown(seconds: number): string {
  if (seconds >= 2 * DAY) return `${String(Math.floor(seconds / DAY))} days`;
  if (seconds >= DAY) return '1 day';
  if (seconds >= HOUR) {
    return `${String(Math.floor(seconds / HOUR))} h ${twoDigits(Math.floor((seconds % HOUR) / MINUTE))} min`;
  }
  return `${String(Math.floor(seconds / MINUTE))}:${twoDigits(seconds % MINUTE)}`;
}

/** The same for speech: "4 minutes" rather than "4:05", and seconds only in the last minute. */
export function speakCountdown(seconds: number): string {
  if (seconds >= HOUR) return formatCountdown(seconds);
  if (seconds >= MINUTE) return counted(Math.floor(seconds / MINUTE), 'minute');
  return counted(seconds, 'second');
}

export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
