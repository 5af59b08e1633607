export const BATCH_STATES = ['RUNNING', 'FINISHED', 'CANCELLED'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export type BatchItemState = 'PENDING' | 'ORDERED' | 'SKIPPED' | 'FAILED';
