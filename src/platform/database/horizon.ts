import type { Logger } from '../logger.js';
import type { Sql } from '../scope.js';

const FIRST_LOOK_MS = 20;
const SLOWEST_LOOK_MS = 500;
/** After so long somebody should know what is in the way. */
const REMARKABLE_MS = 10_000;

const LOOK = 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon';
/** Of other roles' transactions PostgreSQL tells a server without pg_monitor nothing but that they are there. */
const HOLDERS = `
  SELECT pid, datname AS database, application_name AS application, state,
    extract(epoch FROM now() - xact_start)::int AS seconds
  FROM pg_stat_activity WHERE backend_xid::text::bigint = $1::bigint % 4294967296
  UNION ALL
  SELECT NULL, database, 'prepared transaction ' || gid, 'prepared', extract(epoch FROM now() - prepared)::int
  FROM pg_prepared_xacts WHERE transaction::text::bigint = $1::bigint % 4294967296`;

interface Waiting {
  readonly xid: bigint;
  readonly wake: () => void;
}

/**
 * The oldest transaction that is still under way, anywhere in the database's cluster: what those before it have written is final, and
 * no transaction can come in between any more. Looks only while somebody waits, for all of them together, ever more seldom.
 */
export class Horizon {
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private delayMs = FIRST_LOOK_MS;
  private position = 0n;
  private movedAt = 0;
  private isRemarked = false;

  constructor(
    private readonly sql: Sql,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Calls `wake` once the transaction `xid` and all before it are over, unless the returned function is called before. */
  onceBeyond(xid: string, wake: () => void): () => void {
    const entry = { xid: BigInt(xid), wake };
    this.waiting.add(entry);
    if (this.waiting.size === 1) this.begin();
    return () => {
      this.waiting.delete(entry);
      if (this.waiting.size === 0) clearTimeout(this.timer);
    };
  }

  private begin(): void {
    this.delayMs = FIRST_LOOK_MS;
    this.movedAt = performance.now();
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.waiting.size === 0) return;
    this.timer = setTimeout(() => void this.look(), this.delayMs);
    this.delayMs = Math.min(this.delayMs * 2, SLOWEST_LOOK_MS);
  }

  private async look(): Promise<void> {
    try {
      const [row] = await this.sql<{ horizon: string }>('horizon.look', LOOK, []);
      if (row !== undefined) this.take(BigInt(row.horizon));
      if (performance.now() - this.movedAt > REMARKABLE_MS) await this.remark();
    } catch {
      // the database is away: those who wait are woken once it answers, and what they read is right
    }
    this.schedule();
  }

  private take(horizon: bigint): void {
    if (horizon !== this.position) this.move(horizon);
    for (const entry of [...this.waiting]) {
      if (entry.xid >= horizon) continue;
      this.waiting.delete(entry);
      entry.wake();
    }
  }

  private move(horizon: bigint): void {
    if (this.isRemarked) this.log.info('events of projects are no longer held back');
    this.isRemarked = false;
    this.position = horizon;
    this.movedAt = performance.now();
    this.delayMs = FIRST_LOOK_MS;
  }

  private async remark(): Promise<void> {
    if (this.isRemarked) return;
    this.isRemarked = true;
    const holders = await this.sql('horizon.holders', HOLDERS, [this.position.toString()]);
    this.log.warn(
      { holders },
      'events of projects wait for a transaction that has long been under way',
    );
  }
}
