import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../platform/logger.js';

const STEP_MS = 1000;

/** Undoes what was started, last first. A step that takes too long is left, so that the later ones still come. */
export class Teardown {
  private readonly steps: { step: () => Promise<unknown>; patienceMs: number }[] = [];

  add(step: () => Promise<unknown>, patienceMs = STEP_MS): void {
    this.steps.unshift({ step, patienceMs });
  }

  async run(log: Logger): Promise<void> {
    for (const { step, patienceMs } of this.steps.splice(0)) {
      await within(patienceMs, step()).catch((error: unknown) => {
        log.error({ error }, 'shutdown step failed');
      });
    }
  }
}

async function within(patienceMs: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  const tooLong = sleep(patienceMs, undefined, { signal: patience.signal }).then(
    () => {
      throw new Error(`It takes longer than ${String(patienceMs)} ms.`);
    },
    () => undefined,
  );
  await Promise.race([work, tooLong]).finally(() => {
    patience.abort();
  });
}
