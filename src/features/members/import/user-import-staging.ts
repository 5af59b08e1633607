import type { Scope } from '../../../platform/scope.js';
import type { ImportRow } from './import-row.js';

const STAGE = `
  INSERT INTO user_import_row (import_id, line, staged_at, email, email_key, display_name, host_id, sync_id)
  SELECT $1, row.*
  FROM (SELECT line, now(), email, email_key, display_name, host_id, sync_id
        FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
          AS row (line, email, email_key, display_name, host_id, sync_id)) AS row`;

/** The same value on more than one line, of what only one person can have. */
const REPEATED = `
  SELECT line, field, first, count(*) OVER ()::int AS total FROM (
    SELECT line, 'email' AS field, min(line) OVER (PARTITION BY email_key) AS first FROM user_import_row WHERE import_id = $1
    UNION ALL
    SELECT line, 'syncId', min(line) OVER (PARTITION BY sync_id) FROM user_import_row WHERE import_id = $1 AND sync_id IS NOT NULL
    UNION ALL
    SELECT line, 'hostId', min(line) OVER (PARTITION BY host_id) FROM user_import_row WHERE import_id = $1 AND host_id IS NOT NULL
  ) AS value WHERE line > first ORDER BY line, field LIMIT $2`;

/** Left by who died at it, or longer at it than any import takes. */
const STALE = `staged_at < now() - interval '3 hours'`;
const PURGE_BATCH = 50_000;

export interface Repeated {
  readonly line: number;
  readonly field: 'email' | 'syncId' | 'hostId';
  /** Where it stands first. */
  readonly first: number;
  readonly total: number;
}

export async function stage(
  scope: Scope,
  importId: string,
  rows: readonly ImportRow[],
): Promise<void> {
  await scope.sql('user-import.stage', STAGE, [
    importId,
    rows.map(({ line }) => line),
    rows.map(({ email }) => email),
    rows.map(({ emailKey }) => emailKey),
    rows.map(({ displayName }) => displayName),
    rows.map(({ hostId }) => hostId),
    rows.map(({ syncId }) => syncId),
  ]);
}

/** The first of them by line; each says how many there are. */
export function repeated(scope: Scope, importId: string, limit: number): Promise<Repeated[]> {
  return scope.sql<Repeated>('user-import.repeated', REPEATED, [importId, limit]);
}

/** How many are there: fewer than were staged where the database has crashed since. */
export async function stagedCount(scope: Scope, importId: string): Promise<number> {
  const [row] = await scope.sql<{ count: number }>(
    'user-import.staged-count',
    'SELECT count(*)::int AS count FROM user_import_row WHERE import_id = $1 AND line > 0',
    [importId],
  );
  return row?.count ?? 0;
}

export async function unstage(scope: Scope, importId: string): Promise<void> {
  await scope.sql('user-import.unstage', 'DELETE FROM user_import_row WHERE import_id = $1', [
    importId,
  ]);
}

export async function purgeStale(scope: Scope): Promise<void> {
  await scope.sql(
    'user-import.purge',
    `DELETE FROM user_import_row WHERE ${STALE} AND (import_id, line) IN (
       SELECT import_id, line FROM user_import_row WHERE ${STALE} LIMIT $1)`,
    [PURGE_BATCH],
  );
}
