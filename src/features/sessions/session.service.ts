import type { AuthenticationMethod, Evidence, Role, UserActor } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type SessionId, type UserId } from '../../kernel/ids.js';
import { randomToken, sha256 } from '../../kernel/secrets.js';
import { isStorable } from '../../kernel/text.js';
import { announce } from '../../platform/event-bus.js';
import type { ChangeScope, Sql } from '../../platform/scope.js';

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

/** The session's user with his evidence, where the session lives and he is ACTIVE. */
const ACTOR = `
  SELECT s.id, s.user_id, u.username, u.roles, u.groups, now() AS now,
         s.last_used_at < now() - interval '30 seconds' AS use_is_old,
         least(s.expires_at, s.last_used_at + make_interval(secs => $2)) AS expires_at,
         coalesce((SELECT json_agg(json_build_object('method', e.method, 'provider', e.provider,
                     'credential', e.credential, 'at', e.at) ORDER BY e.at)
                   FROM session_evidence e WHERE e.session_id = s.id), '[]') AS evidence
  FROM session s JOIN app_user u ON u.id = s.user_id
  WHERE s.ended_at IS NULL AND s.expires_at > now() AND u.state = 'ACTIVE'
    AND s.last_used_at + make_interval(secs => $2) > now() AND`;
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

  /** Whether this account was signed in to from this address within the last thirty days. */
  async isKnownAddress(sql: Sql, usernameKey: string, address: string): Promise<boolean> {
    if (!isStorable(usernameKey)) return false;
    const known = await sql(
      'session.known-address',
      `SELECT 1 AS known FROM session s JOIN app_user u ON u.id = s.user_id
       WHERE u.username_key = $1 AND s.address = $2 AND s.created_at > now() - interval '30 days' LIMIT 1`,
      [usernameKey, address],
    );
    return known.length > 0;
  }

  /** Opens a session with its first proof. */
  async open(scope: ChangeScope, userId: UserId, proof: Proof): Promise<OpenedSession> {
    const id = newId<SessionId>();
    const token = randomToken();
    const { address, userAgent } = scope.request;
    await scope.sql(
      'session.open',
      `INSERT INTO session (id, user_id, token_hash, created_at, last_used_at, expires_at, address, user_agent)
       VALUES ($1, $2, $3, now(), now(), now() + make_interval(secs => $4), $5, $6)`,
      [id, userId, sha256(token), this.timeouts.maxSeconds, address, userAgent],
    );
    await addEvidence(scope, id, proof);
    return { token, actor: await this.reload(scope, id) };
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
    await announce(scope, `session:${session.sessionId}`);
    return { token, actor: await this.reload(scope, session.sessionId) };
  }

  /** Ends one session. Its sockets are closed on every instance. */
  async end(scope: ChangeScope, id: SessionId): Promise<void> {
    await this.endWhere(scope, 'session.end', 'id = $1', [id]);
  }

  /** Ends all sessions of a user, or all but one. */
  async endAllOf(scope: ChangeScope, userId: UserId, except?: SessionId): Promise<void> {
    const others = 'user_id = $1 AND id IS DISTINCT FROM $2';
    await this.endWhere(scope, 'session.end-all', others, [userId, except ?? null]);
  }

  /** Has the open sockets of a user judged anew on every instance. */
  async rejudgeAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const open = await scope.sql<{ id: SessionId }>(
      'session.open-of-user',
      'SELECT id FROM session WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()',
      [userId],
    );
    for (const { id } of open) await announce(scope, `session:${id}`);
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

  private async endWhere(
    scope: ChangeScope,
    name: string,
    condition: string,
    values: readonly (string | null)[],
  ): Promise<void> {
    const ended = await scope.sql<{ id: SessionId }>(
      name,
      `UPDATE session SET ended_at = now() WHERE ${condition} AND ended_at IS NULL RETURNING id`,
      values,
    );
    for (const { id } of ended) await announce(scope, `session:${id}`);
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
    evidence: row.evidence.map((e) => ({
      ...e,
      provider: e.provider === '' ? null : e.provider,
      at: new Date(e.at),
    })),
  };
}
