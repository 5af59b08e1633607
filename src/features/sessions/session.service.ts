import type { AuthenticationMethod, UserActor } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type SessionId, type UserId } from '../../kernel/ids.js';
import { randomToken, sha256 } from '../../kernel/secrets.js';
import { isStorable } from '../../kernel/text.js';
import { addressKey } from '../../platform/address-key.js';
import { announce } from '../../platform/event-bus/event-bus.js';
import type { ChangeScope, Scope, Sql } from '../../platform/scope.js';
import {
  addEvidence,
  selectById,
  selectByTokenHash,
  selectLiveOfUsers,
  touch,
  type FoundSession,
  type LiveSession,
  type Proof,
} from './session-table.js';

export type { FoundSession, LiveSession, Proof };

export interface SessionTimeouts {
  /** Ends a session that made no call for so long. */
  readonly idleSeconds: number;
  /** Ends any session so long after its sign-in. */
  readonly maxSeconds: number;
}

interface OpenedSession {
  readonly token: string;
  readonly actor: UserActor;
}

const PURGE_BATCH = 5000;

/** Sessions and the evidence given in them; kept in the database, so that every instance knows them. */
export class SessionService {
  constructor(private readonly timeouts: SessionTimeouts) {}

  /**
   * Who calls with this bearer token, or undefined where it opens nothing (any more). Counts as use of the session, which is
   * noted twice a minute at most.
   */
  async byToken(sql: Sql, token: string): Promise<FoundSession | undefined> {
    const found = await selectByTokenHash(sql, sha256(token), this.timeouts.idleSeconds);
    if (found?.isUseOld === true) await touch(sql, found.actor.sessionId);
    return found;
  }

  /** Who is behind an open socket, or undefined where the session is gone. Waiting does not count as use, calling does. */
  async byId(sql: Sql, id: SessionId, isCalling = false): Promise<FoundSession | undefined> {
    const found = await selectById(sql, id, this.timeouts.idleSeconds);
    if (isCalling && found?.isUseOld === true) await touch(sql, id);
    return found;
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
  ofUsers({ sql }: Pick<Scope, 'sql'>, userIds: readonly UserId[]): Promise<LiveSession[]> {
    return selectLiveOfUsers(sql, userIds, this.timeouts.idleSeconds);
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
    await announceAll(scope, touched);
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
}

async function announceAll(
  scope: ChangeScope,
  sessions: readonly { readonly id: SessionId }[],
): Promise<void> {
  await announce(scope, ...new Set(sessions.map(({ id }) => `session:${id}` as const)));
}
