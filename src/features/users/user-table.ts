import type { Role } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import type { PageRequest } from '../../kernel/pagination.js';
import { keysetPage, type Condition, type CountedPage } from '../../platform/database/keyset.js';
import type { Scope } from '../../platform/scope.js';
import type { NewUserFields, UserFields } from './user-input.js';
import {
  usernameKey,
  type Administrator,
  type NewPassword,
  type User,
  type UserState,
  type UserWithPassword,
} from './user.js';

const USER = `id, external_id AS "externalId", username, display_name AS "displayName", email, phone, state, roles, groups,
  created_at AS "createdAt"`;
const MATCHES = 'username ILIKE ? OR display_name ILIKE ? OR email ILIKE ?';

export interface UserRow extends NewUserFields {
  readonly id: UserId;
  readonly roles: readonly Role[];
  readonly passwordHash: string | null;
}

/** Undefined, and nothing stored, where the user name or the external id is taken. */
export async function insertUser(scope: Scope, row: UserRow): Promise<User | undefined> {
  const rows = await scope.sql<User>(
    'users.insert',
    `INSERT INTO app_user (id, external_id, username, username_key, display_name, email, phone, state, roles, groups,
       password_hash, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
     ON CONFLICT DO NOTHING RETURNING ${USER}`,
    [
      row.id,
      row.externalId,
      row.username,
      usernameKey(row.username),
      row.displayName,
      row.email,
      row.phone,
      row.state,
      row.roles,
      row.groups,
      row.passwordHash,
      scope.now,
    ],
  );
  return rows[0];
}

export async function isUsernameTaken(scope: Scope, username: string): Promise<boolean> {
  const rows = await scope.sql(
    'users.username-taken',
    'SELECT 1 FROM app_user WHERE username_key = $1',
    [usernameKey(username)],
  );
  return rows.length > 0;
}

/** As they are compared. */
export async function selectTakenUsernames(
  scope: Scope,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await scope.sql<{ key: string }>(
    'users.taken-usernames',
    'SELECT username_key AS key FROM app_user WHERE username_key = ANY($1)',
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Names and addresses of many at once. */
export async function updatePeople(
  scope: Scope,
  people: readonly Pick<User & { readonly email: string }, 'id' | 'displayName' | 'email'>[],
): Promise<void> {
  await scope.sql(
    'users.update-people',
    `UPDATE app_user u SET display_name = person.display_name, email = person.email, updated_at = $4
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS person (id, display_name, email) WHERE u.id = person.id`,
    [
      people.map(({ id }) => id),
      people.map(({ displayName }) => displayName),
      people.map(({ email }) => email),
      scope.now,
    ],
  );
}

export async function updateFields(scope: Scope, id: UserId, fields: UserFields): Promise<User> {
  return only(
    await scope.sql<User>(
      'users.update-fields',
      `UPDATE app_user SET display_name = $2, email = $3, phone = $4, groups = $5, updated_at = $6
       WHERE id = $1 RETURNING ${USER}`,
      [id, fields.displayName, fields.email, fields.phone, fields.groups, scope.now],
    ),
  );
}

export async function updateGroups(
  scope: Scope,
  id: UserId,
  groups: readonly string[],
): Promise<User> {
  return only(
    await scope.sql<User>(
      'users.update-groups',
      `UPDATE app_user SET groups = $2, updated_at = $3 WHERE id = $1 RETURNING ${USER}`,
      [id, groups, scope.now],
    ),
  );
}

export async function updateStanding(
  scope: Scope,
  id: UserId,
  { state, roles }: { readonly state: UserState; readonly roles: readonly Role[] },
): Promise<User> {
  return only(
    await scope.sql<User>(
      'users.update-standing',
      `UPDATE app_user SET state = $2, roles = $3, updated_at = $4 WHERE id = $1 RETURNING ${USER}`,
      [id, state, roles, scope.now],
    ),
  );
}

export async function selectPasswordHash(scope: Scope, id: UserId): Promise<string | null> {
  const rows = await scope.sql<{ passwordHash: string | null }>(
    'users.password-hash',
    'SELECT password_hash AS "passwordHash" FROM app_user WHERE id = $1',
    [id],
  );
  return rows[0]?.passwordHash ?? null;
}

/** Whether the user still has this password; then it stays until the transaction ends. */
export async function holdPasswordHash(scope: Scope, id: UserId, hash: string): Promise<boolean> {
  const rows = await scope.sql(
    'users.hold-password',
    'SELECT 1 AS held FROM app_user WHERE id = $1 AND password_hash = $2 FOR SHARE',
    [id, hash],
  );
  return rows.length === 1;
}

/** False, and nothing written, where `expected` is not what stands there. */
export async function updatePasswordHash(
  scope: Scope,
  id: UserId,
  { hash, expected }: Pick<NewPassword, 'hash' | 'expected'>,
): Promise<boolean> {
  const rows = await scope.sql(
    'users.update-password',
    `UPDATE app_user SET password_hash = $2, updated_at = $3
     WHERE id = $1 AND ($4::text IS NULL OR password_hash = $4) RETURNING id`,
    [id, hash, scope.now, expected ?? null],
  );
  return rows.length === 1;
}

/** Waits for every other change of this user, and keeps them waiting until the transaction ends. */
export async function lockUserRow(scope: Scope, id: UserId): Promise<User | undefined> {
  const rows = await scope.sql<User>(
    'users.lock-row',
    `SELECT ${USER} FROM app_user WHERE id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  return rows[0];
}

export function selectByIds(scope: Scope, ids: readonly UserId[]): Promise<User[]> {
  return scope.sql<User>(
    'users.by-ids',
    `SELECT ${USER} FROM app_user WHERE id = ANY($1::uuid[])`,
    [ids],
  );
}

export async function selectByExternalId(
  scope: Scope,
  externalId: string,
): Promise<User | undefined> {
  const rows = await scope.sql<User>(
    'users.by-external-id',
    `SELECT ${USER} FROM app_user WHERE external_id = $1`,
    [externalId],
  );
  return rows[0];
}

export async function selectByUsername(
  scope: Scope,
  username: string,
): Promise<UserWithPassword | undefined> {
  const rows = await scope.sql<UserWithPassword>(
    'users.by-username',
    `SELECT ${USER}, password_hash AS "passwordHash" FROM app_user WHERE username_key = $1`,
    [usernameKey(username)],
  );
  return rows[0];
}

/** Whether the condition, of rows of `app_user`, holds for this one. */
export async function isReached(
  scope: Scope,
  id: UserId,
  [sql, value]: Condition,
): Promise<boolean> {
  const rows = await scope.sql(
    'users.is-reached',
    `SELECT 1 AS reached FROM app_user WHERE id = $1 AND (${sql.replaceAll('?', '$2')})`,
    [id, value],
  );
  return rows.length > 0;
}

/** Newest first. @param pattern of LIKE; null for all */
export function selectPage(
  scope: Scope,
  request: PageRequest,
  { pattern, reach }: { readonly pattern: string | null; readonly reach: Condition | undefined },
): Promise<CountedPage<User>> {
  return keysetPage<User>(
    scope,
    {
      table: 'app_user',
      columns: USER,
      conditions: [
        ...(pattern === null ? [] : ([[MATCHES, pattern]] as const)),
        ...(reach === undefined ? [] : [reach]),
      ],
    },
    request,
  );
}

export function selectActiveAdministrators(scope: Scope): Promise<Administrator[]> {
  return scope.sql<Administrator>(
    'users.active-administrators',
    `SELECT id, roles, groups FROM app_user WHERE state = 'ACTIVE' AND 'ADMIN' = ANY(roles)`,
    [],
  );
}

export async function selectPasswordHolders(
  scope: Scope,
  ids: readonly UserId[],
): Promise<UserId[]> {
  const rows = await scope.sql<{ id: UserId }>(
    'users.password-holders',
    'SELECT id FROM app_user WHERE id = ANY($1) AND password_hash IS NOT NULL',
    [ids],
  );
  return rows.map(({ id }) => id);
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('The statement was to return a row.');
  return row;
}
