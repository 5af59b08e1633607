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

/** When a job is to run, and which earlier one, that nobody has begun yet, it takes the place of. */
export interface Timing {
  readonly key?: string;
  /** At once, if left out. */
  readonly runAt?: Date;
  /** The lower, the earlier among those that are due; 0, if left out. */
  readonly priority?: number;
}

/**
 * Writes the outbox row of a job in the transaction of `scope`. It runs once after the commit, on any instance, and again
 * with back-off where it fails (graphile-worker, at least once).
 */
export async function enqueue<P extends object>(
  scope: ChangeScope,
  job: OutboxJob<P>,
  payload: P,
  { key, runAt, priority }: Timing = {},
): Promise<void> {
  await scope.sql(
    'outbox.enqueue',
    `SELECT graphile_worker.add_job($1, $2::json, run_at := $3::timestamptz, max_attempts := $4::int, job_key := $5::text,
       priority := $6::int) IS NOT NULL AS queued`,
    [
      job.name,
      JSON.stringify(payload),
      runAt ?? null,
      job.maxAttempts,
      key ?? null,
      priority ?? null,
    ],
  );
}

/** Behind what somebody may be waiting for: graphile-worker takes the lowest number first. */
const BULK_PRIORITY = 10;

/** As {@link enqueue}, for many jobs of one kind, which others go before; each takes the place of the one with its key. */
export async function enqueueAll<P extends object>(
  scope: ChangeScope,
  job: OutboxJob<P>,
  jobs: readonly { readonly key: string; readonly payload: P }[],
): Promise<void> {
  await scope.sql(
    'outbox.enqueue-all',
    `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
       SELECT ($1, job->'payload', NULL, NULL, $3::int::smallint, job->>'key', $4::int::smallint, NULL)::graphile_worker.job_spec
       FROM json_array_elements($2::json) AS job))`,
    [job.name, JSON.stringify(jobs), job.maxAttempts, BULK_PRIORITY],
  );
}
