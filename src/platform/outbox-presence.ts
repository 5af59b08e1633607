import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from './logger.js';

export type OutboxPool = Pool;

const RETRY_MS = 250;
/** `Signet` in ASCII: keeps these advisory locks apart from any others of this database. */
const LOCK_SEED = 0x5369676e6574;

/**
 * Shows the other instances that the owner of a job is alive: a session lock of PostgreSQL that ends with the process, however
 * it ends. graphile-worker itself would leave a dead owner's jobs alone for four hours.
 */
export class OutboxPresence {
  private client: PoolClient | undefined;
  private holding: Promise<void> | undefined;
  private left = false;

  constructor(
    private readonly pool: OutboxPool,
    private readonly log: Logger,
  ) {}

  /** Resolves when the lock is held; from then on it is taken again whenever its connection is lost. */
  hold(owner: string): Promise<void> {
    this.holding ??= this.acquire(owner);
    return this.holding;
  }

  leave(): void {
    this.left = true;
    this.client?.release(true);
    this.client = undefined;
  }

  private async acquire(owner: string): Promise<void> {
    while (!this.left) {
      try {
        await this.connect(owner);
        return;
      } catch (error) {
        this.log.warn({ error }, 'outbox presence cannot be shown');
        await sleep(RETRY_MS);
      }
    }
  }

  private async connect(owner: string): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('SELECT pg_advisory_lock(hashtextextended($1, $2))', [owner, LOCK_SEED]);
    } catch (error) {
      client.release(true);
      throw error;
    }
    if (this.left) {
      client.release(true);
      return;
    }
    this.client = client;
    client.once('error', () => {
      this.reconnect(client, owner);
    });
  }

  private reconnect(lost: PoolClient, owner: string): void {
    if (this.left || this.client !== lost) return;
    this.client = undefined;
    lost.release(true);
    this.holding = this.acquire(owner);
  }
}

/** Frees the jobs of owners that are gone. @returns how many owners that were */
export async function unlockAbandonedJobs(pool: OutboxPool): Promise<number> {
  const { rows } = await pool.query<{ owners: number }>(
    `WITH owner AS MATERIALIZED (
       SELECT DISTINCT locked_by AS id FROM graphile_worker.jobs WHERE locked_by IS NOT NULL
     ), gone AS MATERIALIZED (
       SELECT id FROM owner WHERE pg_try_advisory_xact_lock_shared(hashtextextended(id, $1))
     )
     SELECT count(*)::int AS owners, graphile_worker.force_unlock_workers(array_agg(id)) FROM gone
     HAVING count(*) > 0`,
    [LOCK_SEED],
  );
  return rows[0]?.owners ?? 0;
}

/**
 * Gives one attempt more to each job that has used up all of its own and is still there: its process died, or stopped, in the
 * last one, so nobody was told that it is given up.
 */
export async function reviveExhaustedJobs(pool: OutboxPool): Promise<void> {
  await pool.query(
    `SELECT graphile_worker.reschedule_jobs(ARRAY[id], attempts := max_attempts - 1)
     FROM graphile_worker.jobs WHERE locked_at IS NULL AND attempts >= max_attempts`,
  );
}

/** A connection that breaks while nobody waits for its answer must not end the process. */
export function surviveLostConnections(pool: OutboxPool, log: Logger): void {
  const report = (error: Error): void => {
    log.warn({ error }, 'database connection lost');
  };
  if (pool.listenerCount('error') === 0) pool.on('error', report);
  if (pool.listenerCount('connect') === 0) {
    pool.on('connect', (client) => {
      client.on('error', report);
    });
  }
}
