/** The longest wait of a Node timer is 2^31 ms; looking once an hour costs nothing. */
const MAX_WAIT_MS = 3_600_000;
/** What falls due within so short a time is done together. */
const MIN_WAIT_MS = 250;

/** When something falls due, for many things: one timer for all of them. Times are monotonic. */
export class Deadlines<T> {
  private readonly dueAt = new Map<T, number>();
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Number.POSITIVE_INFINITY;

  constructor(private readonly onDue: (due: readonly T[]) => void) {}

  set(item: T, inMs: number): void {
    const at = performance.now() + Math.max(inMs, MIN_WAIT_MS);
    this.dueAt.set(item, at);
    if (at < this.timerAt) this.wait(at);
  }

  delete(item: T): void {
    this.dueAt.delete(item);
    if (this.dueAt.size === 0) this.stop();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timerAt = Number.POSITIVE_INFINITY;
  }

  private wait(at: number): void {
    clearTimeout(this.timer);
    this.timerAt = at;
    const waitMs = Math.min(Math.max(at - performance.now(), MIN_WAIT_MS), MAX_WAIT_MS);
    this.timer = setTimeout(() => {
      this.look();
    }, waitMs);
    this.timer.unref();
  }

  private look(): void {
    this.timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const due: T[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [item, at] of this.dueAt) {
      if (at <= now) due.push(item);
      else next = Math.min(next, at);
    }
    for (const item of due) this.dueAt.delete(item);
    if (Number.isFinite(next)) this.wait(next);
    if (due.length > 0) this.onDue(due);
  }
}
