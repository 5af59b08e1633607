import type { ProblemCode } from '../../../kernel/errors.js';
import type { EnrolmentId, UserId } from '../../../kernel/ids.js';
import type { EnrolmentBatchEntity } from './enrolment-batch.entity.js';

export const BATCH_STATES = ['RUNNING', 'FINISHED', 'CANCELLED'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export const BATCH_ITEM_STATES = ['PENDING', 'ORDERED', 'SKIPPED', 'FAILED'] as const;
export type BatchItemState = (typeof BATCH_ITEM_STATES)[number];

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
