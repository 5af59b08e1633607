import type { Logger } from '../../platform/logger.js';

/** Repeats a piece of work at a steady pace, one run at a time; a failure is logged, and the next run tries again. */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

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
    } catch (error) {
      this.log.error({ error }, 'sweep failed');
    }
    if (!this.stopped) this.start();
  }
}
