import type { ProblemCode } from '../../../kernel/errors.js';
import type { EnrolmentId, UserId } from '../../../kernel/ids.js';
import type { BatchItemState } from './batch-state.js';
import type { EnrolmentBatchEntity } from './enrolment-batch.entity.js';

export type EnrolmentBatch = EnrolmentBatchEntity;

export interface BatchItem {
  readonly position: number;
  readonly userId: UserId;
  readonly state: BatchItemState;
  readonly enrolmentId: EnrolmentId | null;
  readonly failureCode: ProblemCode | null;
  readonly failureReason: string | null;
}

/** Grows with each change that a watcher is told of. */
export function progressOf({ state, ordered, skipped, failed }: EnrolmentBatch): number {
  return (ordered + skipped + failed) * 2 + (state === 'RUNNING' ? 0 : 1);
}
