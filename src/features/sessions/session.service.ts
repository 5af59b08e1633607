import type { AuthenticationMethod, Evidence, Role, UserActor } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type SessionId, type UserId } from '../../kernel/ids.js';
import { randomToken, sha256 } from '../../kernel/secrets.js';
import { isStorable } from '../../kernel/text.js';
import { addressKey } from '../../platform/address-key.js';
import { announce } from '../../platform/event-bus.js';
import type { ChangeScope, Scope, Sql } from '../../platform/scope.js';

export interface SessionTimeouts {
  /** Ends a session that made no call for so long. */
  readonly idleSeconds: number;
  /** Ends any session so long after its sign-in. */
  readonly maxSeconds: number;
}

/** One proof of identity, about to be added to a session. Without `at` it was given just now, by the database's clock. */
export type Proof = Omit<Evidence, 'at'> & Partial<Pick<Evidence, 'at'>>;

interface OpenedSession {
  readonly token: string;
  readonly actor: UserActor;
}

/** Who is behind a session, and the database's time when that was looked up. */
export interface FoundSession {
  readonly actor: UserActor;
  readonly now: Date;
}

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
const PURGE_BATCH = 5000;
const TOUCH = `UPDATE session SET last_used_at = now() WHERE id = $1 AND ended_at IS NULL`;

/** Sessions and the evidence given in them; kept in the database, so that every instance knows them. */
export class SessionService {
  constructor(private readonly timeouts: SessionTimeouts) {}

  /**
   * Who calls with this bearer token, or undefined where it opens nothing (any more). Counts as use of the session, which is
   * noted twice a minute at most.
   */
  async byToken(sql: Sql, token: string): Promise<FoundSession | undefined> {
    const row = await this.find(sql, 'session.by-token', 's.token_hash = $1', sha256(token));
    if (row?.use_is_old === true) await sql('session.touch', TOUCH, [row.id]);
    return row && { actor: actorOf(row), now: row.now };
  }

  /** Who is behind an open socket, or undefined where the session is gone. Waiting does not count as use, calling does. */
  async byId(sql: Sql, id: SessionId, isCalling = false): Promise<FoundSession | undefined> {
    const row = await this.find(sql, 'session.by-id', 's.id = $1', id);
    if (isCalling && row?.use_is_old === true) await sql('session.touch', TOUCH, [id]);
    return row && { actor: actorOf(row), now: row.now };
  }

  /** Whether this account was signed in to from this address, or its subscriber's network, within the last thirty days. */
  async isKnownAddress(sql: Sql, usernameKey: string, address: string): Promise<boolean> {
    if (!isStorable(usernameKey)) return false;
    const known = await sql(
      'session.known-address',
      `SELECT 1 AS known FROM session s JOIN app_user u ON u.id = s.user_id
       WHERE u.username_key = $1 AND s.address_key = $2 AND s.created_at > now() - interval '30 days' LIMIT 1`,
      [usernameKey, addressKey(address)],
    );
    return known.length > 0;
  }

  /** Opens a session with its first proof. */
  async open(scope: ChangeScope, userId: UserId, proof: Proof): Promise<OpenedSession> {
    await this.holdUser(scope, userId);
    const id = newId<SessionId>();
    const token = randomToken();
    const { address, userAgent } = scope.request;
    await scope.sql(
      'session.open',
      `INSERT INTO session
         (id, user_id, token_hash, created_at, last_used_at, expires_at, address, address_key, user_agent)
       VALUES ($1, $2, $3, now(), now(), now() + make_interval(secs => $4), $5, $6, $7)`,
      [
        id,
        userId,
        sha256(token),
        this.timeouts.maxSeconds,
        address,
        addressKey(address),
        userAgent,
      ],
    );
    await addEvidence(scope, id, proof);
    return { token, actor: await this.reload(scope, id) };
  }

  /**
   * Whoever ends all sessions of the user, or takes away his right to them, waits until this transaction ends, and then finds
   * what it has opened.
   * @throws DomainError USER_NOT_ACTIVE
   */
  async holdUser(scope: ChangeScope, userId: UserId): Promise<void> {
    const held = await scope.sql(
      'session.hold-user',
      `SELECT id FROM app_user WHERE id = $1 AND state = 'ACTIVE' FOR SHARE`,
      [userId],
    );
    if (held.length === 0) throw new DomainError('USER_NOT_ACTIVE');
  }

  /** Adds a proof and gives the session a new token, which replaces the old one; open sockets stay. */
  async strengthen(scope: ChangeScope, session: UserActor, proof: Proof): Promise<OpenedSession> {
    const token = randomToken();
    const kept = await scope.sql(
      'session.rotate',
      `UPDATE session SET token_hash = $2, last_used_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING id`,
      [session.sessionId, sha256(token)],
    );
    if (kept.length === 0) throw new DomainError('UNAUTHENTICATED');
    await addEvidence(scope, session.sessionId, proof);
    return { token, actor: await this.reload(scope, session.sessionId) };
  }

  /** The sessions of these users that live, each user's last used first. */
  async ofUsers({ sql }: Pick<Scope, 'sql'>, userIds: readonly UserId[]): Promise<LiveSession[]> {
    const rows = await sql<SessionRow>('session.of-users', LIVE_OF_USERS, [
      userIds,
      this.timeouts.idleSeconds,
    ]);
    return rows.map((row) => ({ ...row, evidence: evidenceOf(row) }));
  }

  /** Whose session this is, where it lives. */
  async ownerOf({ sql }: Pick<Scope, 'sql'>, id: SessionId): Promise<UserId | undefined> {
    return (await this.byId(sql, id))?.actor.userId;
  }

  /** Ends one session. Its sockets are closed on every instance. @returns whether it was still open */
  async end(scope: ChangeScope, id: SessionId): Promise<boolean> {
    const ended = await scope.sql<{ id: SessionId }>(
      'session.end',
      'UPDATE session SET ended_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING id',
      [id],
    );
    await announceAll(scope, ended);
    return ended.length === 1;
  }

  /** Ends all sessions of a user but one. Their sockets are closed on every instance. @returns how many lived */
  async endAllOf(scope: ChangeScope, userId: UserId, except?: SessionId): Promise<number> {
    const ended = await scope.sql<{ id: SessionId; lived: boolean }>(
      'session.end-all',
      `UPDATE session SET ended_at = now()
       WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3
       RETURNING id, expires_at > now() AND last_used_at + make_interval(secs => $2) > now() AS lived`,
      [userId, this.timeouts.idleSeconds, except ?? null],
    );
    await announceAll(scope, ended);
    return ended.filter(({ lived }) => lived).length;
  }

  /** Has the open sockets of a user judged anew on every instance. */
  async rejudgeAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const open = await scope.sql<{ id: SessionId }>(
      'session.open-of-user',
      'SELECT id FROM session WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()',
      [userId],
    );
    await announceAll(scope, open);
  }

  /** Takes back what was proven by a method, or with one of its credentials, that no longer stands, in all sessions of a user. */
  async forgetEvidence(
    scope: ChangeScope,
    userId: UserId,
    { method, credential = null }: { method: AuthenticationMethod; credential?: string | null },
  ): Promise<void> {
    const touched = await scope.sql<{ id: SessionId }>(
      'session.forget-evidence',
      `DELETE FROM session_evidence e USING session s
       WHERE s.id = e.session_id AND s.user_id = $1 AND e.method = $2 AND e.credential = coalesce($3, e.credential)
       RETURNING s.id`,
      [userId, method, credential],
    );
    await announceAll(scope, touched);
  }

  /** Takes back what was proven at one provider of a method, in all sessions of all users. */
  async forgetProvider(
    scope: ChangeScope,
    method: AuthenticationMethod,
    provider: string,
  ): Promise<void> {
    const touched = await scope.sql<{ id: SessionId }>(
      'session.forget-provider',
      'DELETE FROM session_evidence WHERE method = $1 AND provider = $2 RETURNING session_id AS id',
      [method, provider],
    );
    for (const { id } of touched) await announce(scope, `session:${id}`);
  }

  /** Deletes, a batch at a time, what is over for longer than an address counts as known. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'session.purge',
      `WITH over AS (
         DELETE FROM session WHERE id IN (
           SELECT id FROM session WHERE expires_at < now() - interval '30 days' LIMIT $1) RETURNING id)
       DELETE FROM session_evidence e USING over WHERE e.session_id = over.id`,
      [PURGE_BATCH],
    );
  }

  private async reload(scope: ChangeScope, id: SessionId): Promise<UserActor> {
    const found = await this.byId(scope.sql, id);
    if (found === undefined) throw new DomainError('USER_NOT_ACTIVE');
    return found.actor;
  }

  private async find(
    sql: Sql,
    name: string,
    condition: string,
    value: string | Buffer,
  ): Promise<ActorRow | undefined> {
    const [row] = await sql<ActorRow>(name, `${ACTOR} ${condition}`, [
      value,
      this.timeouts.idleSeconds,
    ]);
    return row;
  }
}

async function addEvidence(scope: ChangeScope, id: SessionId, proof: Proof): Promise<void> {
  await scope.sql(
    'session.add-evidence',
    `INSERT INTO session_evidence (session_id, method, provider, credential, at) VALUES ($1, $2, $3, $4, least($5::timestamptz, now()))
     ON CONFLICT (session_id, method, provider, credential)
     DO UPDATE SET at = greatest(session_evidence.at, excluded.at)`,
    [id, proof.method, proof.provider ?? '', proof.credential, proof.at ?? null],
  );
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

async function announceAll(
  scope: ChangeScope,
  sessions: readonly { readonly id: SessionId }[],
): Promise<void> {
  await announce(scope, ...new Set(sessions.map(({ id }) => `session:${id}` as const)));
}
