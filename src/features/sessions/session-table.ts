import type { AuthenticationMethod, Evidence, Role, UserActor } from '../../kernel/actor.js';
import type { SessionId, UserId } from '../../kernel/ids.js';
import type { ChangeScope, Sql } from '../../platform/scope.js';

/** One proof of identity, about to be added to a session. Without `at` it was given just now, by the database's clock. */
export type Proof = Omit<Evidence, 'at'> & Partial<Pick<Evidence, 'at'>>;

/** A session that lives, as its owner and operators see it. */
export interface LiveSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** Unless it is used. */
  readonly expiresAt: Date;
  readonly address: string;
  readonly userAgent: string | null;
  readonly evidence: readonly Evidence[];
}

/** Who is behind a session, and the database's time when that was looked up. */
export interface FoundSession {
  readonly actor: UserActor;
  readonly now: Date;
}

interface SelectedSession extends FoundSession {
  /** Whether its last use is so long ago that another one is worth a note. */
  readonly isUseOld: boolean;
}

type EvidenceRow = Pick<ActorRow, 'evidence'>;
type SessionRow = EvidenceRow & Omit<LiveSession, 'evidence'>;

interface ActorRow {
  id: SessionId;
  now: Date;
  use_is_old: boolean;
  user_id: UserId;
  username: string;
  roles: Role[];
  groups: string[];
  expires_at: Date;
  evidence: { method: AuthenticationMethod; provider: string; credential: string; at: string }[];
}

const LIVES = `s.ended_at IS NULL AND s.expires_at > now() AND u.state = 'ACTIVE'
    AND s.last_used_at + make_interval(secs => $2) > now()`;
const EXPIRES_AT = 'least(s.expires_at, s.last_used_at + make_interval(secs => $2))';
const EVIDENCE = `
         coalesce((SELECT json_agg(json_build_object('method', e.method, 'provider', e.provider,
                     'credential', e.credential, 'at', e.at) ORDER BY e.at)
                   FROM session_evidence e WHERE e.session_id = s.id), '[]')`;
/** The session's user with his evidence, where the session lives and he is ACTIVE. */
const ACTOR = `
  SELECT s.id, s.user_id, u.username, u.roles, u.groups, now() AS now,
         s.last_used_at < now() - interval '30 seconds' AS use_is_old,
         ${EXPIRES_AT} AS expires_at, ${EVIDENCE} AS evidence
  FROM session s JOIN app_user u ON u.id = s.user_id
  WHERE ${LIVES} AND`;
/** The last used first. */
const LIVE_OF_USERS = `
  SELECT s.id, s.user_id AS "userId", s.created_at AS "createdAt", s.last_used_at AS "lastUsedAt",
         ${EXPIRES_AT} AS "expiresAt", s.address, s.user_agent AS "userAgent", ${EVIDENCE} AS evidence
  FROM session s JOIN app_user u ON u.id = s.user_id
  WHERE ${LIVES} AND s.user_id = ANY($1)
  ORDER BY s.last_used_at DESC, s.id`;
const TOUCH = `UPDATE session SET last_used_at = now() WHERE id = $1 AND ended_at IS NULL`;

export function selectByTokenHash(
  sql: Sql,
  hash: Buffer,
  idleSeconds: number,
): Promise<SelectedSession | undefined> {
  return selectActor(sql, ['session.by-token', 's.token_hash = $1'], [hash, idleSeconds]);
}

export function selectById(
  sql: Sql,
  id: SessionId,
  idleSeconds: number,
): Promise<SelectedSession | undefined> {
  return selectActor(sql, ['session.by-id', 's.id = $1'], [id, idleSeconds]);
}

export async function selectLiveOfUsers(
  sql: Sql,
  userIds: readonly UserId[],
  idleSeconds: number,
): Promise<LiveSession[]> {
  const rows = await sql<SessionRow>('session.of-users', LIVE_OF_USERS, [userIds, idleSeconds]);
  return rows.map((row) => ({ ...row, evidence: evidenceOf(row) }));
}

export async function touch(sql: Sql, id: SessionId): Promise<void> {
  await sql('session.touch', TOUCH, [id]);
}

export async function addEvidence(scope: ChangeScope, id: SessionId, proof: Proof): Promise<void> {
  await scope.sql(
    'session.add-evidence',
    `INSERT INTO session_evidence (session_id, method, provider, credential, at) VALUES ($1, $2, $3, $4, least($5::timestamptz, now()))
     ON CONFLICT (session_id, method, provider, credential)
     DO UPDATE SET at = greatest(session_evidence.at, excluded.at)`,
    [id, proof.method, proof.provider ?? '', proof.credential, proof.at ?? null],
  );
}

async function selectActor(
  sql: Sql,
  [name, condition]: readonly [string, string],
  values: readonly [string | Buffer, number],
): Promise<SelectedSession | undefined> {
  const [row] = await sql<ActorRow>(name, `${ACTOR} ${condition}`, values);
  return row && { actor: actorOf(row), now: row.now, isUseOld: row.use_is_old };
}

function actorOf(row: ActorRow): UserActor {
  return {
    kind: 'user',
    userId: row.user_id,
    username: row.username,
    roles: row.roles,
    groups: row.groups,
    sessionId: row.id,
    sessionExpiresAt: row.expires_at,
    evidence: evidenceOf(row),
  };
}

function evidenceOf({ evidence }: EvidenceRow): Evidence[] {
  return evidence.map((e) => ({
    ...e,
    provider: e.provider === '' ? null : e.provider,
    at: new Date(e.at),
  }));
}
