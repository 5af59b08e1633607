import type { EnrolmentBatchId } from '../../../kernel/ids.js';
import { outboxJob } from '../../../platform/outbox.js';

export interface BatchJob {
  readonly batchId: EnrolmentBatchId;
}

/** Places some of a batch's orders, and leaves a job like itself for the rest. Six attempts take about four minutes. */
export const runBatchJob = outboxJob<BatchJob>('run-enrolment-batch', 6);
