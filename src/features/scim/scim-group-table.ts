import type { Role } from '../../kernel/actor.js';
import type { ProjectId, ScimGroupId, UserId } from '../../kernel/ids.js';
import type { Scope } from '../../platform/scope.js';
import type { ScimGroup, ScimGroupFields } from './scim-group.js';
import type { ListPage, ListQuery } from './scim-list.js';
import { GROUP_SCHEMA } from './protocol/scim-schema.js';
import { toSql, type Filterable } from './scim-sql.js';

const MEMBERS =
  'scim_group_member gm JOIN app_user u ON u.id = gm.user_id WHERE gm.group_id = g.id';
const COLUMNS = `g.id, g.project_id AS "projectId", g.display_name AS "displayName", g.external_id AS "externalId",
  g.created_at AS "createdAt", g.updated_at AS "updatedAt"`;
const WITH_MEMBERS = `${COLUMNS}, COALESCE((
  SELECT jsonb_agg(jsonb_build_object('value', u.id, 'display', u.display_name) ORDER BY u.id) FROM ${MEMBERS}), '[]') AS members`;
const WITHOUT_MEMBERS = `${COLUMNS}, '[]'::jsonb AS members`;

const FILTERABLE: Filterable = {
  columns: {
    schemas: { sql: `'${GROUP_SCHEMA}'::text`, kind: 'exact' },
    id: { sql: 'g.id', kind: 'uuid' },
    externalId: { sql: 'g.external_id', kind: 'exact' },
    displayName: { sql: 'g.display_name', kind: 'text' },
    accessGroup: { sql: `('project/' || g.project_id || '/' || g.id)`, kind: 'exact' },
    'meta.resourceType': { sql: `'Group'::text`, kind: 'exact' },
    'meta.created': { sql: 'g.created_at', kind: 'dateTime' },
    'meta.lastModified': { sql: 'g.updated_at', kind: 'dateTime' },
  },
  collections: {
    members: {
      from: MEMBERS,
      columns: {
        value: { sql: 'u.id', kind: 'uuid' },
        display: { sql: 'u.display_name', kind: 'text' },
        type: { sql: `'User'::text`, kind: 'text' },
      },
    },
  },
};

export async function selectGroups(
  scope: Scope,
  projectId: ProjectId,
  { condition, startIndex, count }: ListQuery,
  withMembers: boolean,
): Promise<ListPage<ScimGroup>> {
  const wanted = condition && toSql(condition, FILTERABLE, 1);
  const from = `scim_group g WHERE g.project_id = $1 ${wanted === null ? '' : `AND ${wanted.sql}`}`;
  const values = [projectId, ...(wanted?.values ?? [])];
  const [{ total } = { total: '0' }] = await scope.db.query<{ total: string }[]>(
    `SELECT count(*) AS total FROM ${from}`,
    values,
  );
  const rows = await scope.db.query<ScimGroup[]>(
    `SELECT ${withMembers ? WITH_MEMBERS : WITHOUT_MEMBERS} FROM ${from} ORDER BY g.id
     LIMIT ${String(count)} OFFSET ${String(startIndex - 1)}`,
    values,
  );
  return { totalResults: Number(total), rows };
}

export async function selectGroup(
  scope: Scope,
  projectId: ProjectId,
  id: ScimGroupId,
): Promise<ScimGroup | undefined> {
  const [row] = await scope.sql<ScimGroup>(
    'scim.group',
    `SELECT ${WITH_MEMBERS} FROM scim_group g WHERE g.project_id = $1 AND g.id = $2`,
    [projectId, id],
  );
  return row;
}

/** Changes of one group wait for each other. */
export async function lockGroup(
  scope: Scope,
  projectId: ProjectId,
  id: ScimGroupId,
): Promise<boolean> {
  const rows = await scope.sql(
    'scim.lock-group',
    'SELECT id FROM scim_group WHERE project_id = $1 AND id = $2 FOR UPDATE',
    [projectId, id],
  );
  return rows.length === 1;
}

export async function insertGroup(
  scope: Scope,
  projectId: ProjectId,
  { id, displayName, externalId }: Pick<ScimGroup, 'id'> & ScimGroupFields,
): Promise<void> {
  await scope.sql(
    'scim.insert-group',
    `INSERT INTO scim_group (id, project_id, display_name, external_id, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $5)`,
    [id, projectId, displayName, externalId, scope.now],
  );
}

export async function updateGroup(
  scope: Scope,
  id: ScimGroupId,
  { displayName, externalId }: Pick<ScimGroupFields, 'displayName' | 'externalId'>,
): Promise<void> {
  await scope.sql(
    'scim.update-group',
    'UPDATE scim_group SET display_name = $2, external_id = $3, updated_at = $4 WHERE id = $1',
    [id, displayName, externalId, scope.now],
  );
}

export async function deleteGroup(scope: Scope, id: ScimGroupId): Promise<void> {
  await scope.sql('scim.delete-group', 'DELETE FROM scim_group WHERE id = $1', [id]);
}

export async function insertGroupMembers(
  scope: Scope,
  id: ScimGroupId,
  userIds: readonly UserId[],
): Promise<void> {
  await scope.sql(
    'scim.insert-group-members',
    `INSERT INTO scim_group_member (group_id, user_id) SELECT $1, unnest($2::uuid[])
     ON CONFLICT DO NOTHING`,
    [id, userIds],
  );
}

export async function deleteGroupMembers(
  scope: Scope,
  id: ScimGroupId,
  userIds: readonly UserId[],
): Promise<void> {
  await scope.sql(
    'scim.delete-group-members',
    'DELETE FROM scim_group_member WHERE group_id = $1 AND user_id = ANY($2)',
    [id, userIds],
  );
}

/** Those of them who are the project's, with their rows locked in the order of their ids. */
export async function lockUsersOf(
  scope: Scope,
  projectId: ProjectId,
  userIds: readonly UserId[],
): Promise<{ readonly id: UserId; readonly roles: readonly Role[] }[]> {
  await scope.sql(
    'scim.lock-users',
    'SELECT id FROM app_user WHERE id = ANY($1) ORDER BY id FOR UPDATE',
    [userIds],
  );
  return scope.sql<{ id: UserId; roles: readonly Role[] }>(
    'scim.users-of-project',
    `SELECT u.id, u.roles FROM app_user u WHERE u.id = ANY($2) AND (
       EXISTS (SELECT 1 FROM project_member m
         WHERE m.project_id = $1 AND m.user_id = u.id AND m.removed_at IS NULL)
       OR EXISTS (SELECT 1 FROM scim_user s WHERE s.project_id = $1 AND s.user_id = u.id))
     ORDER BY u.id`,
    [projectId, userIds],
  );
}

/** Whether one of them is in more of the project's groups than that. */
export async function isAnyInMore(
  scope: Scope,
  projectId: ProjectId,
  userIds: readonly UserId[],
  maximum: number,
): Promise<boolean> {
  const rows = await scope.sql(
    'scim.in-many-groups',
    `SELECT gm.user_id FROM scim_group_member gm JOIN scim_group g ON g.id = gm.group_id
     WHERE g.project_id = $1 AND gm.user_id = ANY($2)
     GROUP BY gm.user_id HAVING count(*) > $3 LIMIT 1`,
    [projectId, userIds, maximum],
  );
  return rows.length > 0;
}
