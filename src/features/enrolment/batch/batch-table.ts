import type { EnrolmentBatchId, EnrolmentId, UserId } from '../../../kernel/ids.js';
import type { ProblemCode } from '../../../kernel/errors.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { CHANNEL } from '../../../platform/event-bus/event-bus.js';
import type { BatchItemState } from './batch-state.js';
import type { BatchItem, EnrolmentBatch } from './enrolment-batch.js';

export const BATCH = `id, project_id AS "projectId", state, channel, certificates, validity_days AS "validityDays",
  skips_holders AS "skipsHolders", total, ordered, skipped, failed, ordered_by AS "orderedBy",
  ordered_in_session AS "orderedInSession", scopes, idempotency_key AS "idempotencyKey", order_digest AS "orderDigest",
  created_at AS "createdAt", finished_at AS "finishedAt"`;
const ITEM = `position, user_id AS "userId", state, enrolment_id AS "enrolmentId", failure_code AS "failureCode",
  failure_reason AS "failureReason"`;
/** So many times a watcher is told of progress, however large the batch. */
const REPORTS = 200;

type Outcome = Exclude<BatchItemState, 'PENDING'>;

export async function selectBatch(
  scope: Scope,
  id: EnrolmentBatchId,
): Promise<EnrolmentBatch | undefined> {
  const [row] = await scope.sql<EnrolmentBatch>(
    'enrolment-batch.find',
    `SELECT ${BATCH} FROM enrolment_batch WHERE id = $1`,
    [id],
  );
  return row;
}

export async function insertItems(
  scope: ChangeScope,
  id: EnrolmentBatchId,
  userIds: readonly UserId[],
): Promise<void> {
  await scope.sql(
    'enrolment-batch.insert-items',
    `INSERT INTO enrolment_batch_item (batch_id, position, user_id)
     SELECT $1, position, user_id FROM unnest($2::uuid[]) WITH ORDINALITY AS listed (user_id, position)`,
    [id, userIds],
  );
}

/** The next whose turn it is. */
export function selectPending(
  scope: Scope,
  id: EnrolmentBatchId,
  limit: number,
): Promise<BatchItem[]> {
  return scope.sql<BatchItem>(
    'enrolment-batch.pending',
    `SELECT ${ITEM} FROM enrolment_batch_item WHERE batch_id = $1 AND state = 'PENDING' ORDER BY position LIMIT $2`,
    [id, limit],
  );
}

/** In their order, behind a position. */
export function selectItems(
  scope: Scope,
  id: EnrolmentBatchId,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<BatchItem[]> {
  return scope.sql<BatchItem>(
    'enrolment-batch.items',
    `SELECT ${ITEM} FROM enrolment_batch_item WHERE batch_id = $1 AND position > $2 ORDER BY position LIMIT $3`,
    [id, after, limit],
  );
}

/** The first of them. */
export function selectFailed(
  scope: Scope,
  id: EnrolmentBatchId,
  limit: number,
): Promise<BatchItem[]> {
  return scope.sql<BatchItem>(
    'enrolment-batch.failed',
    `SELECT ${ITEM} FROM enrolment_batch_item WHERE batch_id = $1 AND state = 'FAILED' ORDER BY position LIMIT $2`,
    [id, limit],
  );
}

/**
 * Counts one outcome, and holds the batch until the transaction ends.
 * @returns false, and nothing is counted, where the batch is over
 */
export async function tally(
  scope: ChangeScope,
  id: EnrolmentBatchId,
  outcome: Outcome,
): Promise<boolean> {
  const counted = await scope.sql(
    'enrolment-batch.tally',
    `WITH counted AS (
       UPDATE enrolment_batch SET ordered = ordered + ($2 = 'ORDERED')::int, skipped = skipped + ($2 = 'SKIPPED')::int,
         failed = failed + ($2 = 'FAILED')::int
       WHERE id = $1 AND state = 'RUNNING' RETURNING ordered + skipped + failed AS done, total)
     SELECT CASE WHEN done % greatest(1, total / ${String(REPORTS)}) = 0
       THEN pg_notify('${CHANNEL}', 'enrolment-batch:' || $1::uuid) END FROM counted`,
    [id, outcome],
  );
  return counted.length > 0;
}

/** @returns false, and nothing changes, where somebody else has settled it */
export async function settle(
  scope: ChangeScope,
  id: EnrolmentBatchId,
  {
    position,
    outcome,
    ...what
  }: {
    readonly position: number;
    readonly outcome: Outcome;
    readonly failureCode?: ProblemCode;
    readonly failureReason?: string | null;
  },
): Promise<boolean> {
  const settled = await scope.sql(
    'enrolment-batch.settle',
    `UPDATE enrolment_batch_item SET state = $3, failure_code = $4, failure_reason = $5
     WHERE batch_id = $1 AND position = $2 AND state = 'PENDING' RETURNING position`,
    [id, position, outcome, what.failureCode ?? null, what.failureReason ?? null],
  );
  return settled.length > 0;
}

export async function noteEnrolment(
  scope: ChangeScope,
  id: EnrolmentBatchId,
  { position, enrolmentId }: { readonly position: number; readonly enrolmentId: EnrolmentId },
): Promise<void> {
  await scope.sql(
    'enrolment-batch.note-enrolment',
    'UPDATE enrolment_batch_item SET enrolment_id = $3 WHERE batch_id = $1 AND position = $2',
    [id, position, enrolmentId],
  );
}

/** @returns how many of one item's attempts have ended in an error that nobody foresaw, this one included */
export async function countAttempt(
  scope: Scope,
  id: EnrolmentBatchId,
  position: number,
): Promise<number> {
  const [row] = await scope.sql<{ attempts: number }>(
    'enrolment-batch.count-attempt',
    'UPDATE enrolment_batch_item SET attempts = attempts + 1 WHERE batch_id = $1 AND position = $2 RETURNING attempts',
    [id, position],
  );
  return row?.attempts ?? 0;
}
