import type { ChangeScope } from './scope.js';

/** Work to be done after the commit. Payloads hold ids, never secrets. */
export interface OutboxJob<P extends object> {
  readonly name: string;
  readonly maxAttempts: number;
  readonly shape?: P;
}

/** Declares a job: what slices put into the outbox, and `edge/jobs` carries out. */
export function outboxJob<P extends object>(name: string, maxAttempts: number): OutboxJob<P> {
  return { name, maxAttempts };
}

/**
 * Writes the outbox row of a job in the transaction of `scope`. It runs once after the commit, on any instance, and again
 * with back-off where it fails (graphile-worker, at least once).
 */
export async function enqueue<P extends object>(
  scope: ChangeScope,
  job: OutboxJob<P>,
  payload: P,
): Promise<void> {
  await scope.sql(
    'outbox.enqueue',
    'SELECT graphile_worker.add_job($1, $2::json, max_attempts := $3::int) IS NOT NULL AS queued',
    [job.name, JSON.stringify(payload), job.maxAttempts],
  );
}

/** Behind what somebody may be waiting for: graphile-worker takes the lowest number first. */
const BULK_PRIORITY = 10;

/** As {@link enqueue}, for many jobs of one kind, which others go before. */
export async function enqueueAll<P extends object>(
  scope: ChangeScope,
  job: OutboxJob<P>,
  payloads: readonly P[],
): Promise<void> {
  await scope.sql(
    'outbox.enqueue-all',
    `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
       SELECT ($1, payload, NULL, NULL, $3::int::smallint, NULL, $4::int::smallint, NULL)::graphile_worker.job_spec
       FROM json_array_elements($2::json) AS payload))`,
    [job.name, JSON.stringify(payloads), job.maxAttempts, BULK_PRIORITY],
  );
}
