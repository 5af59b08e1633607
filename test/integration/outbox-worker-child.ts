import { Pool, type PoolConfig } from 'pg';
import { outboxTask } from '../../src/edge/jobs/outbox-task.js';
import { startOutboxWorker } from '../../src/edge/jobs/outbox-worker.js';
import { createLogger } from '../../src/platform/logger.js';
import { outboxJob } from '../../src/platform/outbox.js';

/** What the parent sends first: where the database is. */
export type ChildTask = PoolConfig;

/** A server process that takes the job `slow`, says so, and never ends it. */
process.once('message', (connection: ChildTask) => {
  void startOutboxWorker({
    pool: new Pool(connection),
    log: createLogger({ level: 'silent', file: null }),
    tasks: [
      outboxTask(outboxJob('slow', 3), {
        run: async () => {
          process.send?.('running');
          await new Promise<void>(() => undefined);
        },
        giveUp: () => Promise.resolve(),
      }),
    ],
  });
});
