import { equalSecrets, type KeyRing } from '../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import {
  anchorOf,
  ENTRY_COLUMNS,
  EntriesDigest,
  macOf,
  SEAL_COLUMNS,
  type Anchor,
  type Seal,
  type SealedEntry,
} from './audit-chain.js';

/** Entries of one seal: so many are read and hashed at once, and so many have to be looked through where one is not as it was. */
const MOST_ENTRIES = 500;
/** Below every number. */
const BEFORE_ALL = '-9223372036854775808';

export const WRITTEN_SEAL_COLUMNS = [
  'number',
  'last_entry',
  'entries',
  'digest',
  'seal',
  'sealed_at',
] as const;

const ALONE = `SELECT pg_try_advisory_xact_lock(hashtext('signet audit seals')) AS alone`;
const LAST_SEALS = `SELECT ${SEAL_COLUMNS} FROM audit_seal ORDER BY audit_seal.number DESC LIMIT 2`;
const SEAL_AT = `SELECT ${SEAL_COLUMNS} FROM audit_seal WHERE number = $1`;
const NEWEST = 'SELECT max(id)::text AS id FROM audit_entry';
/** An INSERT locks the table before it takes a number, and until its transaction is over. */
const WRITERS = `
  SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
  WHERE locktype = 'relation' AND relation = 'audit_entry'::regclass AND mode = 'RowExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const NEXT = `
  SELECT ${ENTRY_COLUMNS} FROM audit_entry WHERE id > $1 AND id <= $2 ORDER BY audit_entry.id LIMIT ${String(MOST_ENTRIES)}`;
/** Not the oldest by its time, but the next one, which an index finds. */
const WAITING = `
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since, extract(epoch FROM now() - at)::float8 AS seconds
  FROM audit_entry WHERE id > coalesce((SELECT max(last_entry) FROM audit_seal), '${BEFORE_ALL}')
  ORDER BY audit_entry.id LIMIT 1`;
const NOW = `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`;
const INSERT = `
  INSERT INTO audit_seal (${WRITTEN_SEAL_COLUMNS.join(', ')})
  VALUES ($1, $2, $3, $4, $5, $6)`;

/** Numbers up to `upTo` that are not there yet may still come, as long as one of the writers is at work. */
interface Horizon {
  readonly upTo: string;
  readonly writers: readonly string[];
}

export interface Waiting {
  /** When it was written. */
  readonly since: string;
  readonly seconds: number;
}

/** The last seal is not one that this server's key has made. */
export class ForgedSealError extends Error {}

/**
 * Seals entries behind those who write them, who wait for nothing. Numbers are given before the commit, so entries become
 * visible out of order: sealed is only up to a number below which no transaction is at work any more. One instance at a time.
 */
export class AuditSealService {
  private horizon: Horizon | undefined;
  private settled: string | undefined;

  constructor(private readonly keys: KeyRing) {}

  /** Seals what comes next. Null where that is nothing, or another instance is at it. @throws ForgedSealError */
  async sealNext(scope: ChangeScope): Promise<Anchor | null> {
    const [lock] = await scope.sql<{ alone: boolean }>('audit.alone', ALONE, []);
    if (lock?.alone !== true) return null;
    const upTo = await this.settledNumber(scope);
    const last = await this.lastSeal(scope);
    if (upTo === undefined) return null;
    const after = last?.lastEntry ?? BEFORE_ALL;
    const entries = await scope.sql<SealedEntry>('audit.next', NEXT, [after, upTo]);
    const lastEntry = entries.at(-1)?.id;
    if (lastEntry === undefined) return null;
    const number = String(BigInt(last?.number ?? 0) + 1n);
    const seal = await this.make(scope, { number, lastEntry, entries, last });
    return anchorOf(seal);
  }

  /** Whether the seal is there, as it was. */
  async holds(scope: Scope, { number, seal }: Anchor): Promise<boolean> {
    const [found] = await scope.sql<Seal>('audit.seal-at', SEAL_AT, [number]);
    return found?.seal.toString('hex') === seal;
  }

  /** Since when the next entry has been waiting for its seal; undefined where none is. */
  async waiting(scope: Scope): Promise<Waiting | undefined> {
    const [row] = await scope.sql<Waiting>('audit.waiting', WAITING, []);
    return row;
  }

  private async make(
    scope: ChangeScope,
    parts: {
      readonly number: string;
      readonly lastEntry: string;
      readonly entries: readonly SealedEntry[];
      readonly last: Seal | undefined;
    },
  ): Promise<Seal> {
    const { number, lastEntry, entries, last } = parts;
    const hash = new EntriesDigest();
    for (const entry of entries) hash.add(entry);
    const [time] = await scope.sql<{ now: string }>('audit.seal-time', NOW, []);
    const open = {
      ...{ number, lastEntry, entries: entries.length },
      ...{ digest: hash.digest(), sealedAt: time?.now ?? '' },
    };
    const seal = { ...open, seal: macOf(this.keys, open, last) };
    await scope.sql('audit.seal', INSERT, [
      ...[seal.number, seal.lastEntry, seal.entries],
      ...[seal.digest, seal.seal, seal.sealedAt],
    ]);
    return seal;
  }

  /** The highest number below which nothing can come any more; undefined before the first look that tells. */
  private async settledNumber(scope: ChangeScope): Promise<string | undefined> {
    const [newest] = await scope.sql<{ id: string | null }>('audit.newest', NEWEST, []);
    const upTo = newest?.id;
    if (upTo === null || upTo === undefined) return undefined;
    const rows = await scope.sql<{ writer: string }>('audit.writers', WRITERS, []);
    const writers = rows.map(({ writer }) => writer);
    const { horizon } = this;
    if (writers.length === 0) {
      this.horizon = undefined;
      this.settled = upTo;
    } else if (horizon?.writers.some((writer) => writers.includes(writer)) !== true) {
      this.settled = horizon?.upTo ?? this.settled;
      this.horizon = { upTo, writers };
    }
    return this.settled;
  }

  private async lastSeal(scope: ChangeScope): Promise<Seal | undefined> {
    const [last, before] = await scope.sql<Seal>('audit.last-seals', LAST_SEALS, []);
    if (last === undefined || equalSecrets(last.seal, macOf(this.keys, last, before))) return last;
    throw new ForgedSealError(`Seal ${last.number} of the audit log is not this server's.`);
  }
}
