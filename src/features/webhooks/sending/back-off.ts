const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;

/** How long a delivery is tried. Seconds. */
export const PATIENCE_SECONDS = 72 * HOUR;
/** Pauses after the first failure, the second, and so on; the last one goes on until the patience is over. Seconds. */
export const PAUSES_SECONDS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
];
/** Each pause is up to so much shorter or longer, so that what failed together does not come back together. */
export const JITTER = 0.2;
/** However long a receiver asks to be left alone. */
const LONGEST_WISH_SECONDS = 12 * HOUR;

export interface FailedAttempt {
  /** How many have failed, this one included. */
  readonly failures: number;
  /** Since the delivery was first due. */
  readonly elapsedSeconds: number;
  /** What the receiver asked for by Retry-After. */
  readonly wishedSeconds: number | null;
  /** From 0 up to 1, by chance. */
  readonly chance: number;
}

/** Seconds until the next attempt; null where that was the last. The last one is made just as the patience ends. */
export function pauseAfter(attempt: FailedAttempt): number | null {
  const { failures, elapsedSeconds, wishedSeconds, chance } = attempt;
  const left = PATIENCE_SECONDS - elapsedSeconds;
  if (left <= 0) return null;
  const base = PAUSES_SECONDS[Math.min(Math.max(failures, 1), PAUSES_SECONDS.length) - 1] ?? 0;
  const pause = base * (1 - JITTER + 2 * JITTER * chance);
  const wish = Math.min(wishedSeconds ?? 0, LONGEST_WISH_SECONDS);
  return Math.min(Math.max(pause, wish), left);
}

/** RFC 9110 section 10.2.3: seconds, or a date. Null for anything else. */
export function secondsWished(retryAfter: string | null, now: Date): number | null {
  if (retryAfter === null) return null;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const at = retryAfter.endsWith(' GMT') ? Date.parse(retryAfter) : Number.NaN; // Date.parse alone reads almost anything
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}
