/** There is no room for more work now. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

export interface QueueBounds {
  /** Pieces of work that run at the same time. */
  readonly running: number;
  /** Pieces that run or wait, of all callers together. */
  readonly pending: number;
  /** The same of one caller, so that he leaves room for the others. */
  readonly pendingPerCaller: number;
}

/** Lets a few pieces of work run at a time and some wait, in the order in which they came; more are turned away at once. */
export class BoundedQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly pendingOf = new Map<string, number>();

  constructor(private readonly bounds: QueueBounds) {}

  /** @throws QueueFullError where too much is pending, of this caller or of all */
  async run<T>(caller: string, work: () => Promise<T>): Promise<T> {
    const { running, pending, pendingPerCaller } = this.bounds;
    const own = this.pendingOf.get(caller) ?? 0;
    if (own >= pendingPerCaller || this.running + this.waiting.length >= pending) {
      throw new QueueFullError('Too much is asked for at once.');
    }
    this.pendingOf.set(caller, own + 1);
    try {
      if (this.running < running) this.running += 1;
      else await new Promise<void>((resolve) => this.waiting.push(resolve)); // takes over the place of who is done
      return await this.occupying(work);
    } finally {
      this.forget(caller);
    }
  }

  private async occupying<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private forget(caller: string): void {
    const left = (this.pendingOf.get(caller) ?? 1) - 1;
    if (left > 0) this.pendingOf.set(caller, left);
    else this.pendingOf.delete(caller);
  }
}
