import type { Logger } from '../../platform/logger.js';

/**
 * Repeats a piece of work at a steady pace, one run at a time; after a failure the next run tries again. The log has one line when
 * it begins to fail, or fails of something else, and one when that is over.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failure: string | undefined;

  constructor(
    private readonly sweep: () => Promise<void>,
    private readonly everyMs: number,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.running = this.run();
    }, this.everyMs);
  }

  /** Resolves when no run is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.sweep();
      if (this.failure !== undefined) this.log.info('sweep works again');
      this.failure = undefined;
    } catch (error) {
      const failure = String(error);
      if (failure !== this.failure) this.log.error({ error }, 'sweep failed');
      this.failure = failure;
    }
    if (!this.stopped) this.start();
  }
}
