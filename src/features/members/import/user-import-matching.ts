import type { ProjectId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { ImportAction } from './user-import.js';

/** Why a row cannot be imported, each with the column that is to blame. */
export const ROW_PROBLEMS = {
  EMAIL_TAKEN: ['email', 'This address belongs to another user.'],
  EMAIL_AMBIGUOUS: [
    'email',
    'Several users have this address: it does not say which of them is meant.',
  ],
  OTHER_SYNC_ID: [
    'syncId',
    'This address belongs to a user whom the project knows by another sync ID. If it is the same person, change the sync ID of that member first.',
  ],
  HAS_ROLE: ['email', 'This is a user with a role, whom no file adds or changes: do it by hand.'],
  USER_LOCKED: ['email', 'This address belongs to a locked user.'],
  SHARED_NAME: [
    'name',
    'This user belongs to another project too, with another name: change it by hand, or import with changeShared.',
  ],
  SHARED_EMAIL: [
    'email',
    'This user belongs to another project too, with another address: change it by hand, or import with changeShared.',
  ],
  HOST_ID_TAKEN: ['hostId', 'A member who is not in the file, and is kept, has this ID.'],
} as const;
type RowProblemCode = keyof typeof ROW_PROBLEMS;

export interface Matching {
  readonly importId: string;
  readonly projectId: ProjectId;
  /** Whether the file says which IDs the host system gave. */
  readonly hasHostIds: boolean;
  readonly changeShared: boolean;
}

export interface RowProblem {
  readonly line: number;
  readonly problem: RowProblemCode;
  readonly total: number;
}

export type ActionCounts = Readonly<Record<ImportAction, number>>;

/**
 * The staged rows were written a moment ago, and nobody has counted them: the planner takes them for a few, and would look for each
 * in all the others.
 */
const PLAN = `SELECT set_config('enable_nestloop', $1, true)`;

/**
 * Whom each row means. A sync ID names the member who has it. Without one, or where nobody has it yet, the address names the user;
 * but for those who leave that address by this very file, and not one whom the project knows by another sync ID: addresses are given
 * to the next person, sync IDs are not.
 */
const MATCH = `
  WITH file AS MATERIALIZED (
    SELECT line, email_key, display_name, host_id, sync_id FROM user_import_row WHERE import_id = $1 AND line > 0
  ), member AS MATERIALIZED (
    SELECT m.id, m.user_id, m.host_id, m.sync_id, m.xmin::text AS version, lower(u.email COLLATE "C") AS email_key
    FROM project_member m JOIN app_user u ON u.id = m.user_id WHERE m.project_id = $2 AND m.removed_at IS NULL
  ), former AS MATERIALIZED (
    SELECT user_id, array_remove(array_agg(sync_id), NULL) AS sync_ids
    FROM project_member WHERE project_id = $2 AND removed_at IS NOT NULL GROUP BY user_id
  ), elsewhere AS MATERIALIZED (
    SELECT user_id FROM project_member WHERE project_id <> $2 AND removed_at IS NULL
    UNION
    SELECT user_id FROM profile WHERE project_id <> $2 AND user_id IS NOT NULL AND state IN ('ACTIVE', 'INACTIVE')
  ), by_sync_id AS MATERIALIZED (
    SELECT file.line, member.user_id, member.id AS member_id, member.email_key IS DISTINCT FROM file.email_key AS leaves
    FROM file JOIN member ON member.sync_id = file.sync_id
  ), holder AS (
    SELECT file.line, u.id AS user_id, member.id AS member_id, member.sync_id
    FROM file JOIN app_user u ON lower(u.email COLLATE "C") = file.email_key
      LEFT JOIN member ON member.user_id = u.id
      LEFT JOIN by_sync_id leaving ON leaving.user_id = u.id AND leaving.leaves
    WHERE leaving.line IS NULL
  ), by_address AS (
    SELECT line, count(*) AS holders, count(member_id) AS members,
      (array_agg(user_id ORDER BY member_id))[1] AS user_id, (array_agg(member_id ORDER BY member_id))[1] AS member_id,
      (array_agg(sync_id ORDER BY member_id))[1] AS sync_id
    FROM holder GROUP BY line
  ), named AS (
    SELECT file.*, coalesce(s.user_id, a.user_id) AS user_id,
      CASE WHEN s.line IS NULL THEN a.member_id ELSE s.member_id END AS member_id,
      CASE
        WHEN s.line IS NOT NULL THEN CASE WHEN s.leaves AND a.holders > 0 THEN 'EMAIL_TAKEN' END
        WHEN a.members > 1 OR (a.members = 0 AND a.holders > 1) THEN 'EMAIL_AMBIGUOUS'
        WHEN a.members = 1 AND a.sync_id <> file.sync_id THEN 'OTHER_SYNC_ID'
      END AS problem
    FROM file LEFT JOIN by_sync_id s USING (line) LEFT JOIN by_address a USING (line)
  ), compared AS (
    SELECT named.line, named.problem, named.member_id, named.sync_id, u.id AS user_id, u.state, u.roles <@ '{USER}' AS is_plain,
      u.display_name, u.email, m.host_id, m.sync_id AS known_sync_id, u.xmin::text || ' ' || coalesce(m.version, '') AS seen,
      former.sync_ids AS former_sync_ids, m.id IS NULL AND former.user_id IS NOT NULL AS returns,
      elsewhere.user_id IS NOT NULL AS is_shared,
      CASE WHEN u.id IS NULL THEN '{}' ELSE array_remove(ARRAY[
        CASE WHEN u.display_name <> named.display_name THEN 'name' END,
        CASE WHEN lower(u.email COLLATE "C") IS DISTINCT FROM named.email_key THEN 'email' END,
        CASE WHEN $3 AND m.id IS NOT NULL AND m.host_id IS DISTINCT FROM named.host_id THEN 'hostId' END,
        CASE WHEN m.id IS NOT NULL AND m.sync_id IS DISTINCT FROM coalesce(named.sync_id, m.sync_id) THEN 'syncId' END
      ], NULL) END AS changed
    FROM named LEFT JOIN app_user u ON u.id = named.user_id LEFT JOIN member m ON m.id = named.member_id
      LEFT JOIN former ON former.user_id = u.id LEFT JOIN elsewhere ON elsewhere.user_id = u.id
  )
  UPDATE user_import_row r SET
    user_id = c.user_id, member_id = c.member_id, changed = c.changed, returns = c.returns, is_shared = c.is_shared, seen = c.seen,
    invites = false,
    before = CASE WHEN c.changed <> '{}' THEN
      jsonb_build_object('name', c.display_name, 'email', c.email, 'hostId', c.host_id, 'syncId', c.known_sync_id) END,
    action = CASE WHEN c.member_id IS NULL THEN 'ADD' WHEN c.changed = '{}' THEN 'SAME' ELSE 'UPDATE' END,
    problem = CASE
      WHEN c.problem IS NOT NULL THEN c.problem
      WHEN c.user_id IS NULL OR (c.member_id IS NOT NULL AND c.changed = '{}') THEN NULL
      WHEN NOT c.is_plain THEN 'HAS_ROLE'
      WHEN c.member_id IS NULL AND c.state = 'LOCKED' THEN 'USER_LOCKED'
      WHEN c.member_id IS NULL AND c.former_sync_ids <> '{}' AND c.sync_id <> ALL (c.former_sync_ids) THEN 'OTHER_SYNC_ID'
      WHEN c.is_shared AND NOT $4 AND 'email' = ANY (c.changed) THEN 'SHARED_EMAIL'
      WHEN c.is_shared AND NOT $4 AND 'name' = ANY (c.changed) THEN 'SHARED_NAME'
    END
  FROM compared c WHERE r.import_id = $1 AND r.line = c.line`;

const FORGET_MISSING = 'DELETE FROM user_import_row WHERE import_id = $1 AND line < 0';
/** Members whom no row means. */
const MISSING = `
  INSERT INTO user_import_row (import_id, line, staged_at, email, email_key, display_name, host_id, sync_id, user_id, member_id,
    action, changed, seen)
  SELECT $1, -row_number() OVER (ORDER BY m.added_at, m.id), now(), coalesce(u.email, ''), '', u.display_name, m.host_id, m.sync_id,
    u.id, m.id, CASE WHEN u.roles <@ '{USER}' THEN 'REMOVE' ELSE 'KEEP' END, '{}', u.xmin::text || ' ' || m.xmin::text
  FROM project_member m JOIN app_user u ON u.id = m.user_id
    LEFT JOIN user_import_row r ON r.import_id = $1 AND r.member_id = m.id
  WHERE m.project_id = $2 AND m.removed_at IS NULL AND r.line IS NULL`;

const KEPT_IDS = `
  UPDATE user_import_row r SET problem = 'HOST_ID_TAKEN' FROM user_import_row kept
  WHERE r.import_id = $1 AND r.line > 0 AND r.problem IS NULL AND kept.import_id = $1 AND kept.line < 0 AND kept.action = 'KEEP'
    AND r.host_id = kept.host_id AND $2`;

const PROBLEMS = `
  SELECT line, problem, count(*) OVER ()::int AS total FROM user_import_row
  WHERE import_id = $1 AND problem IS NOT NULL ORDER BY line LIMIT $2`;

const COUNTS = `
  SELECT action, count(*)::int AS count FROM user_import_row WHERE import_id = $1 GROUP BY action`;

/** Whoever changes a user, or his memberships, waits for his row: so what is concluded now holds until the end. */
const LOCK = `
  SELECT count(*) FROM (
    SELECT u.id FROM user_import_row r JOIN app_user u ON u.id = r.user_id
    WHERE r.import_id = $1 AND r.action IN ('ADD', 'UPDATE', 'REMOVE') ORDER BY u.id FOR NO KEY UPDATE OF u) AS locked`;

/** Rows that somebody has changed between the look at them and the lock, and people who have come to belong elsewhere meanwhile. */
const OUTDATED = `
  SELECT count(*)::int AS count FROM user_import_row r
    LEFT JOIN app_user u ON u.id = r.user_id
    LEFT JOIN project_member m ON m.user_id = r.user_id AND m.project_id = $2 AND m.removed_at IS NULL
  WHERE r.import_id = $1 AND r.user_id IS NOT NULL AND r.action IN ('ADD', 'UPDATE', 'REMOVE')
    AND (r.seen IS DISTINCT FROM u.xmin::text || ' ' || coalesce(m.xmin::text, '')
      OR (NOT r.is_shared AND NOT $3 AND r.changed && '{name,email}'::text[] AND (
        EXISTS (SELECT FROM project_member o WHERE o.user_id = u.id AND o.project_id <> $2 AND o.removed_at IS NULL)
        OR EXISTS (SELECT FROM profile p WHERE p.user_id = u.id AND p.project_id <> $2 AND p.state IN ('ACTIVE', 'INACTIVE')))))`;

/** For {@link match} and {@link holdMatched}. */
export async function whilePlanningForMany<T>(
  scope: ChangeScope,
  work: () => Promise<T>,
): Promise<T> {
  await scope.sql('user-import.plan', PLAN, ['off']);
  const done = await work();
  await scope.sql('user-import.plan', PLAN, ['on']);
  return done;
}

/** Works out what every staged row means, and who is missing. */
export async function match(scope: ChangeScope, matching: Matching): Promise<void> {
  const { importId, projectId, hasHostIds, changeShared } = matching;
  await scope.sql('user-import.match', MATCH, [importId, projectId, hasHostIds, changeShared]);
  await scope.sql('user-import.forget-missing', FORGET_MISSING, [importId]);
  await scope.sql('user-import.missing', MISSING, [importId, projectId]);
  await scope.sql('user-import.kept-ids', KEPT_IDS, [importId, hasHostIds]);
}

/** Keeps everybody whom it is about as he is until the transaction ends. @returns whether that is as {@link match} has seen him */
export async function holdMatched(scope: ChangeScope, matching: Matching): Promise<boolean> {
  const { importId, projectId, changeShared } = matching;
  await scope.sql('user-import.lock', LOCK, [importId]);
  const values = [importId, projectId, changeShared];
  const [row] = await scope.sql<{ count: number }>('user-import.outdated', OUTDATED, values);
  return row?.count === 0;
}

/** The first by line; each says how many there are. */
export function rowProblems(scope: Scope, importId: string, limit: number): Promise<RowProblem[]> {
  return scope.sql<RowProblem>('user-import.problems', PROBLEMS, [importId, limit]);
}

export async function actionCounts(scope: Scope, importId: string): Promise<ActionCounts> {
  const rows = await scope.sql<{ action: ImportAction; count: number }>(
    'user-import.counts',
    COUNTS,
    [importId],
  );
  const none = { ADD: 0, UPDATE: 0, REMOVE: 0, KEEP: 0, SAME: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ action, count }) => [action, count])) };
}
