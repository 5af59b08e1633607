/**
 * Lets so many at once through under each key, in the order in which they came, within this process. For work that would wait
 * for the same database row: whoever waits here holds no connection, so that others still find one.
 */
export class Turns {
  private readonly queues = new Map<
    string,
    { running: number; readonly waiting: (() => void)[] }
  >();

  constructor(private readonly atOnce: number) {}

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.begin(key);
    try {
      return await work();
    } finally {
      this.end(key);
    }
  }

  private async begin(key: string): Promise<void> {
    const queue = this.queues.get(key) ?? { running: 0, waiting: [] };
    this.queues.set(key, queue);
    if (queue.running < this.atOnce) queue.running += 1;
    else await new Promise<void>((resolve) => queue.waiting.push(resolve)); // the place of who ends is passed on
  }

  private end(key: string): void {
    const queue = this.queues.get(key);
    if (queue === undefined) return;
    const next = queue.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    queue.running -= 1;
    if (queue.running === 0) this.queues.delete(key);
  }
}
