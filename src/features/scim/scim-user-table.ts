import type { ProjectId, UserId } from '../../kernel/ids.js';
import type { Scope } from '../../platform/scope.js';
import type { ListPage, ListQuery } from './scim-list.js';
import { USER_SCHEMA } from './protocol/scim-schema.js';
import { toSql, type Filterable } from './scim-sql.js';
import type { ScimUser, ScimUserFields } from './scim-user.js';

const FROM = `app_user u
  LEFT JOIN project_member m ON m.project_id = $1 AND m.user_id = u.id AND m.removed_at IS NULL
  LEFT JOIN scim_user s ON s.project_id = $1 AND s.user_id = u.id
  WHERE (m.id IS NOT NULL OR s.user_id IS NOT NULL)`;
const EXTERNAL_ID = 'CASE WHEN m.id IS NULL THEN s.external_id ELSE m.sync_id END';
const CREATED = 'LEAST(m.added_at, s.created_at)';
const CHANGED = 'GREATEST(u.updated_at, m.updated_at, s.updated_at)';
const GROUPS = `scim_group_member gm JOIN scim_group g ON g.id = gm.group_id
  WHERE gm.user_id = u.id AND g.project_id = $1`;
const COLUMNS = `u.id, u.username, u.display_name AS "displayName", u.email, u.phone, u.state, u.roles,
  s.given_name AS "givenName", s.family_name AS "familyName", ${EXTERNAL_ID} AS "externalId",
  m.id IS NOT NULL AS "isMember", ${CREATED} AS "createdAt", ${CHANGED} AS "changedAt",
  COALESCE((SELECT jsonb_agg(jsonb_build_object('value', g.id, 'display', g.display_name) ORDER BY g.id)
    FROM ${GROUPS}), '[]') AS groups`;

const FILTERABLE: Filterable = {
  columns: {
    schemas: { sql: `'${USER_SCHEMA}'::text`, kind: 'exact' },
    id: { sql: 'u.id', kind: 'uuid' },
    externalId: {
      sql: EXTERNAL_ID,
      kind: 'exact',
      // By indexes: directories ask so for each user.
      equals: `u.id IN (
        SELECT x.user_id FROM project_member x
        WHERE x.project_id = $1 AND x.sync_id = ? AND x.removed_at IS NULL
        UNION ALL SELECT x.user_id FROM scim_user x
        WHERE x.project_id = $1 AND x.external_id = ? AND NOT EXISTS (SELECT 1 FROM project_member y
          WHERE y.project_id = $1 AND y.user_id = x.user_id AND y.removed_at IS NULL))`,
    },
    userName: { sql: 'u.username_key', kind: 'key' },
    'name.formatted': { sql: 'u.display_name', kind: 'text' },
    'name.familyName': { sql: 's.family_name', kind: 'text' },
    'name.givenName': { sql: 's.given_name', kind: 'text' },
    displayName: { sql: 'u.display_name', kind: 'text' },
    active: { sql: '(m.id IS NOT NULL)', kind: 'boolean' },
    'emails.value': { sql: 'u.email', kind: 'text' },
    'emails.type': { sql: `CASE WHEN u.email IS NOT NULL THEN 'work' END`, kind: 'text' },
    'emails.primary': { sql: '(CASE WHEN u.email IS NOT NULL THEN TRUE END)', kind: 'boolean' },
    'phoneNumbers.value': { sql: 'u.phone', kind: 'text' },
    'phoneNumbers.type': { sql: `CASE WHEN u.phone IS NOT NULL THEN 'mobile' END`, kind: 'text' },
    'phoneNumbers.primary': {
      sql: '(CASE WHEN u.phone IS NOT NULL THEN TRUE END)',
      kind: 'boolean',
    },
    'meta.resourceType': { sql: `'User'::text`, kind: 'exact' },
    'meta.created': { sql: CREATED, kind: 'dateTime' },
    'meta.lastModified': { sql: CHANGED, kind: 'dateTime' },
  },
  collections: {
    groups: {
      from: GROUPS,
      columns: {
        value: { sql: 'g.id', kind: 'uuid' },
        display: { sql: 'g.display_name', kind: 'text' },
      },
    },
  },
};

export async function selectUsers(
  scope: Scope,
  projectId: ProjectId,
  { condition, startIndex, count }: ListQuery,
): Promise<ListPage<ScimUser>> {
  const wanted = condition && toSql(condition, FILTERABLE, 1);
  const where = wanted === null ? '' : `AND ${wanted.sql}`;
  const values = [projectId, ...(wanted?.values ?? [])];
  const [{ total } = { total: '0' }] = await scope.db.query<{ total: string }[]>(
    `SELECT count(*) AS total FROM ${FROM} ${where}`,
    values,
  );
  const rows = await scope.db.query<ScimUser[]>(
    `SELECT ${COLUMNS} FROM ${FROM} ${where} ORDER BY u.id
     LIMIT ${String(count)} OFFSET ${String(startIndex - 1)}`,
    values,
  );
  return { totalResults: Number(total), rows };
}

export async function selectUser(
  scope: Scope,
  projectId: ProjectId,
  id: UserId,
): Promise<ScimUser | undefined> {
  const [row] = await scope.sql<ScimUser>(
    'scim.user',
    `SELECT ${COLUMNS} FROM ${FROM} AND u.id = $2`,
    [projectId, id],
  );
  return row;
}

export async function keepUser(
  scope: Scope,
  projectId: ProjectId,
  {
    id,
    externalId,
    givenName,
    familyName,
  }: Pick<ScimUser, 'id'> & Pick<ScimUserFields, 'externalId' | 'givenName' | 'familyName'>,
): Promise<void> {
  await scope.sql(
    'scim.keep-user',
    `INSERT INTO scim_user (project_id, user_id, external_id, given_name, family_name, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6)
     ON CONFLICT (project_id, user_id) DO UPDATE
       SET external_id = $3, given_name = $4, family_name = $5, updated_at = $6`,
    [projectId, id, externalId, givenName, familyName, scope.now],
  );
}

export async function deleteUser(scope: Scope, projectId: ProjectId, id: UserId): Promise<void> {
  await scope.sql(
    'scim.leave-groups',
    `DELETE FROM scim_group_member gm USING scim_group g
     WHERE g.id = gm.group_id AND g.project_id = $1 AND gm.user_id = $2`,
    [projectId, id],
  );
  await scope.sql(
    'scim.delete-user',
    'DELETE FROM scim_user WHERE project_id = $1 AND user_id = $2',
    [projectId, id],
  );
}
