interface Outage {
  readonly error: unknown;
  readonly tries: number;
  readonly retryAt: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** What fails for as long as something is out of reach: tried again after a second, and ever more rarely. */
export class Outages {
  private readonly known = new Map<string, Outage>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** Does it, unless it has failed a short while ago. */
  async attempt(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.known.get(key);
    if (before !== undefined && this.clock() < before.retryAt) return;
    try {
      await work();
      this.known.delete(key);
    } catch (error) {
      const tries = (before?.tries ?? 0) + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
      this.known.set(key, { error, tries, retryAt: this.clock() + pause });
    }
  }

  /** Forgets all but these: nobody wants anything of the others any more. */
  keep(keys: readonly string[]): void {
    for (const key of this.known.keys()) if (!keys.includes(key)) this.known.delete(key);
  }

  /** @throws AggregateError for as long as any lasts, whether it was tried again just now or not; it says the same all the time */
  refuse(what: string): void {
    if (this.known.size === 0) return;
    const errors = Array.from(this.known.values(), ({ error }) => error);
    throw new AggregateError(errors, `${what} ${[...this.known.keys()].sort().join(', ')}`);
  }
}
