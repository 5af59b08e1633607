/** The first rest of a channel that failed, doubled by each further failure. */
const FIRST_REST_MS = 2000;
const LONGEST_REST_MS = 60_000;
/** While one message tries whether the channel works again, no other does. */
const TRIAL_MS = 30_000;

/** Leaves a channel alone for a while that does not answer, so that not every message waits for it. Of this process alone. */
export class ChannelHealth {
  private failures = 0;
  private restsUntilMs = 0;

  /** When it may be tried again; null where it may be now. Whoever is told null has to report how it went. */
  rest(now: Date): Date | null {
    if (this.failures === 0) return null;
    if (now.getTime() < this.restsUntilMs) return new Date(this.restsUntilMs);
    this.restsUntilMs = now.getTime() + TRIAL_MS;
    return null;
  }

  /** As {@link rest}, without taking the turn. */
  isResting(now: Date): boolean {
    return this.failures > 0 && now.getTime() < this.restsUntilMs;
  }

  worked(): void {
    this.failures = 0;
  }

  failed(now: Date): void {
    this.restsUntilMs =
      now.getTime() + Math.min(FIRST_REST_MS * 2 ** this.failures, LONGEST_REST_MS);
    this.failures += 1;
  }
}
