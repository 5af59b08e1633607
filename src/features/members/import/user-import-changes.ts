import type { MemberId, UserId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import type { ImportAction, ImportChange, ImportedField, StoredValues } from './user-import.js';

/** A staged row that differs from what the project has. */
export interface ChangedRow {
  readonly line: number;
  readonly action: ImportAction;
  readonly displayName: string;
  readonly email: string;
  readonly hostId: string | null;
  readonly syncId: string | null;
  readonly userId: UserId | null;
  readonly memberId: MemberId | null;
  readonly changed: readonly ImportedField[];
  readonly before: StoredValues | null;
  readonly returns: boolean;
  readonly isShared: boolean;
  readonly invites: boolean;
}

/** So many rows are in memory at a time. */
const BATCH = 1000;

const ROWS = `
  SELECT line, action, display_name AS "displayName", email, host_id AS "hostId", sync_id AS "syncId", user_id AS "userId",
    member_id AS "memberId", changed, before, returns, is_shared AS "isShared", invites
  FROM user_import_row WHERE import_id = $1 AND action = ANY($2) AND line > $3 ORDER BY line LIMIT ${String(BATCH)}`;
const BEFORE_ALL = -2_147_483_648;

/** By line: those who are not in the file first, as their numbers are below zero. */
export async function* changedRows(
  scope: Scope,
  importId: string,
  actions: readonly ImportAction[],
): AsyncGenerator<readonly ChangedRow[]> {
  let last = BEFORE_ALL;
  for (;;) {
    const values = [importId, actions, last];
    const rows = await scope.sql<ChangedRow>('user-import.rows', ROWS, values);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) return;
    last = rows.at(-1)?.line ?? last;
  }
}

export function describeChange(row: ChangedRow): ImportChange {
  const { line, action, userId, memberId, displayName, email, hostId, syncId } = row;
  const { changed, before, returns, isShared, invites } = row;
  return {
    action: action as ImportChange['action'],
    line: line > 0 ? line : null,
    ...{ displayName, email, hostId, syncId },
    ...{ changed, before, returns, isShared, invites },
    hasAccount: action === 'ADD' && userId !== null && memberId === null,
  };
}

export async function markNewcomersInvited(scope: Scope, importId: string): Promise<void> {
  await scope.sql(
    'user-import.newcomers-invited',
    `UPDATE user_import_row SET invites = true WHERE import_id = $1 AND action = 'ADD' AND user_id IS NULL`,
    [importId],
  );
}

export async function markInvited(
  scope: Scope,
  importId: string,
  lines: readonly number[],
): Promise<void> {
  if (lines.length === 0) return;
  await scope.sql(
    'user-import.invited',
    'UPDATE user_import_row SET invites = true WHERE import_id = $1 AND line = ANY($2)',
    [importId, lines],
  );
}

export async function invitedCount(scope: Scope, importId: string): Promise<number> {
  const [row] = await scope.sql<{ count: number }>(
    'user-import.invited-count',
    'SELECT count(*)::int AS count FROM user_import_row WHERE import_id = $1 AND invites',
    [importId],
  );
  return row?.count ?? 0;
}
