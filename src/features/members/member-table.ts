import type { MemberId, ProjectId, UserId } from '../../kernel/ids.js';
import type { PageRequest } from '../../kernel/pagination.js';
import { keysetPage, type CountedPage } from '../../platform/database/keyset.js';
import type { Scope } from '../../platform/scope.js';
import type { MemberIds, MemberKey, ProjectMember, Standing } from './member.js';

const MEMBER = `id, project_id AS "projectId", user_id AS "userId", host_id AS "hostId", sync_id AS "syncId",
  to_be_invited AS "toBeInvited", added_at AS "addedAt", updated_at AS "updatedAt"`;
const MEMBERS =
  '(SELECT *, added_at AS created_at FROM project_member WHERE removed_at IS NULL) AS member';
const FOUND_MEMBERS = `(
  SELECT m.*, m.added_at AS created_at, u.username, u.display_name, u.email
  FROM project_member m JOIN app_user u ON u.id = m.user_id WHERE m.removed_at IS NULL) AS member`;
const MATCHES =
  'username ILIKE ? OR display_name ILIKE ? OR email ILIKE ? OR host_id ILIKE ? OR sync_id ILIKE ?';
/** Of rows of `app_user`. */
export const IN_PROJECTS = `EXISTS (SELECT FROM project_member m
  WHERE m.user_id = app_user.id AND m.project_id = ANY(?) AND m.removed_at IS NULL)
  OR EXISTS (SELECT FROM profile p
  WHERE p.user_id = app_user.id AND p.project_id = ANY(?) AND p.state IN ('ACTIVE', 'INACTIVE'))`;
const BY_KEY = {
  userId: `SELECT ${MEMBER} FROM project_member WHERE project_id = $1 AND user_id = $2 AND removed_at IS NULL`,
  hostId: `SELECT ${MEMBER} FROM project_member WHERE project_id = $1 AND host_id = $2 AND removed_at IS NULL`,
  syncId: `SELECT ${MEMBER} FROM project_member WHERE project_id = $1 AND sync_id = $2 AND removed_at IS NULL`,
} as const satisfies Record<MemberKey, string>;

/** Undefined, and nothing stored, where one of the keys is taken in the project. */
export async function insertMember(
  scope: Scope,
  member: ProjectMember,
): Promise<ProjectMember | undefined> {
  const [row] = await scope.sql<ProjectMember>(
    'members.insert',
    `INSERT INTO project_member (id, project_id, user_id, host_id, sync_id, to_be_invited, added_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING ${MEMBER}`,
    [
      member.id,
      member.projectId,
      member.userId,
      member.hostId,
      member.syncId,
      member.toBeInvited,
      member.addedAt,
      member.updatedAt,
    ],
  );
  return row;
}

/** One at a time in a project: two members who change IDs with each other would wait in a circle. Throws PostgreSQL's 23505 where one of them is taken. */
export async function updateIds(
  scope: Scope,
  { id, projectId }: ProjectMember,
  { hostId, syncId }: MemberIds,
): Promise<void> {
  await scope.sql(
    'members.serialize-ids',
    'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
    [`members ${projectId}`],
  );
  await scope.sql(
    'members.update-ids',
    'UPDATE project_member SET host_id = $2, sync_id = $3, updated_at = $4 WHERE id = $1',
    [id, hostId, syncId, scope.now],
  );
}

/** Nobody has them until {@link updateIdsOfAll}. */
export async function clearHostIds(scope: Scope, ids: readonly MemberId[]): Promise<void> {
  await scope.sql(
    'members.clear-host-ids',
    'UPDATE project_member SET host_id = NULL WHERE id = ANY($1)',
    [ids],
  );
}

/** Throws PostgreSQL's 23505 where one of them is taken. */
export async function updateIdsOfAll(
  scope: Scope,
  members: readonly (MemberIds & { readonly memberId: MemberId })[],
): Promise<void> {
  await scope.sql(
    'members.update-ids-of-all',
    `UPDATE project_member m SET host_id = changed.host_id, sync_id = changed.sync_id, updated_at = $4
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS changed (id, host_id, sync_id) WHERE m.id = changed.id`,
    [
      members.map(({ memberId }) => memberId),
      members.map(({ hostId }) => hostId),
      members.map(({ syncId }) => syncId),
      scope.now,
    ],
  );
}

export async function markToBeInvited(scope: Scope, id: MemberId): Promise<void> {
  await scope.sql(
    'members.to-be-invited',
    'UPDATE project_member SET to_be_invited = true WHERE id = $1',
    [id],
  );
}

export async function endMembership(scope: Scope, id: MemberId): Promise<void> {
  await scope.sql(
    'members.remove',
    'UPDATE project_member SET removed_at = $2, updated_at = $2 WHERE id = $1',
    [id, scope.now],
  );
}

export async function selectByKey(
  scope: Scope,
  projectId: ProjectId,
  [key, value]: readonly [MemberKey, string],
): Promise<ProjectMember | undefined> {
  const [row] = await scope.sql<ProjectMember>(`members.by-${key}`, BY_KEY[key], [
    projectId,
    value,
  ]);
  return row;
}

/** One that has ended as well. */
export async function selectById(
  scope: Scope,
  id: MemberId,
): Promise<(ProjectMember & { readonly removedAt: Date | null }) | undefined> {
  const [row] = await scope.sql<ProjectMember & { removedAt: Date | null }>(
    'members.by-id',
    `SELECT ${MEMBER}, removed_at AS "removedAt" FROM project_member WHERE id = $1`,
    [id],
  );
  return row;
}

/** Those in which the user is a member, oldest membership first. */
export function selectOfUser(scope: Scope, userId: UserId): Promise<ProjectMember[]> {
  return scope.sql<ProjectMember>(
    'members.of-user',
    `SELECT ${MEMBER} FROM project_member WHERE user_id = $1 AND removed_at IS NULL ORDER BY added_at, id`,
    [userId],
  );
}

/** Newest first. @param pattern of LIKE; null for all */
export function selectMembers(
  scope: Scope,
  projectId: ProjectId,
  { request, pattern }: { readonly request: PageRequest; readonly pattern: string | null },
): Promise<CountedPage<ProjectMember>> {
  return keysetPage<ProjectMember>(
    scope,
    {
      table: pattern === null ? MEMBERS : FOUND_MEMBERS,
      columns: MEMBER,
      conditions: [
        ['project_id = ?', projectId],
        ...(pattern === null ? [] : ([[MATCHES, pattern]] as const)),
      ],
    },
    request,
  );
}

/** Whether the user is a member of another project, or has a mobile ID there. */
export async function isElsewhere(
  scope: Scope,
  userId: UserId,
  projectId: ProjectId,
): Promise<boolean> {
  const rows = await scope.sql(
    'members.is-elsewhere',
    `SELECT 1 AS elsewhere FROM project_member WHERE user_id = $1 AND project_id <> $2 AND removed_at IS NULL
     UNION ALL
     SELECT 1 FROM profile WHERE user_id = $1 AND project_id <> $2 AND state IN ('ACTIVE', 'INACTIVE') LIMIT 1`,
    [userId, projectId],
  );
  return rows.length > 0;
}

/** Of every project in which the user is, or was, a member. */
export async function selectStandings(
  scope: Scope,
  userId: UserId,
): Promise<ReadonlyMap<ProjectId, Standing>> {
  const rows = await scope.sql<{ projectId: ProjectId; isMember: boolean }>(
    'members.standings',
    `SELECT project_id AS "projectId", bool_or(removed_at IS NULL) AS "isMember"
     FROM project_member WHERE user_id = $1 GROUP BY project_id`,
    [userId],
  );
  return new Map(
    rows.map(({ projectId, isMember }) => [projectId, isMember ? 'MEMBER' : 'REMOVED']),
  );
}
