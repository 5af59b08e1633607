import { outboxTask, type OutboxTask } from '../../edge/jobs/outbox-task.js';
import { runBatchJob } from '../../features/enrolment/batch/batch.jobs.js';
import type { Services } from '../services/services.js';

/** Places the orders of batches. A batch is never given up: the job begins anew, and each of its orders is tried so many times alone. */
export function batchTask({ batchRuns }: Services): OutboxTask {
  return outboxTask(runBatchJob, {
    run: (job) => batchRuns.run(job),
    giveUp: (job) => batchRuns.goOn(job),
  });
}
