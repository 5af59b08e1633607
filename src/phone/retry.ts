import { NO_ANSWER, ServerError } from './problem.js';

const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;
/** Longer than this nobody waits in front of a phone. */
const LONGEST_WAIT_MS = 30_000;

/** Repeats a call that got no answer, or came too often, a few times with growing pauses. */
export async function untilAnswered<T>(
  call: () => Promise<T>,
  pause: (waitMs: number) => Promise<void>,
): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await call();
    } catch (error) {
      const wait = waitBeforeRepeat(error, waitMs);
      if (wait === undefined) throw error;
      await pause(wait);
    }
  }
  return call();
}

function waitBeforeRepeat(error: unknown, waitMs: number): number | undefined {
  if (!(error instanceof ServerError)) return undefined;
  if (error.code === NO_ANSWER) return waitMs;
  const seconds = error.facts['retryAfterSeconds'];
  if (error.code !== 'RATE_LIMITED' || typeof seconds !== 'number') return undefined;
  const askedMs = seconds * 1_000;
  return askedMs <= LONGEST_WAIT_MS ? Math.max(askedMs, waitMs) : undefined;
}
