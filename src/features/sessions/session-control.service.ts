import type { RequestContext, UserActor } from '../../kernel/actor.js';
import { requireUser } from '../../kernel/callers.js';
import { DomainError } from '../../kernel/errors.js';
import { parseId, type SessionId, type UserId } from '../../kernel/ids.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { UserService } from '../users/user.service.js';
import type { LiveSession, SessionService } from './session.service.js';

/** A session as one caller sees it. */
export interface SeenSession extends LiveSession {
  readonly isCurrent: boolean;
}

/** Who signs out of which session. */
interface Leaving extends Pick<UserActor, 'sessionId' | 'userId'> {
  /** For the audit log, where it was not he himself who said so. */
  readonly detail?: string;
}

/** Sessions as their owner and operators see and end them. */
export class SessionControl {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly sessions: SessionService;
      readonly users: UserService;
      readonly audit: AuditService;
    },
  ) {}

  /** @throws DomainError UNAUTHENTICATED */
  ofCaller(request: RequestContext): Promise<readonly SeenSession[]> {
    return this.load(request, requireUser(request).userId);
  }

  /** Read together with those of the other users that this request asks for. */
  load(request: RequestContext, userId: UserId): Promise<readonly SeenSession[]> {
    const loader = loaderOf<UserId, readonly SeenSession[]>(request, 'sessions', async (ids) => {
      const found = await this.ports.sessions.ofUsers(this.ports.work.read(request), ids);
      const seen = found.map((session) => ({ ...session, isCurrent: isCurrent(request, session) }));
      return ids.map((id) => seen.filter((session) => session.userId === id));
    });
    return loader.load(userId);
  }

  /**
   * One of the caller's own; another's looks like none.
   * @returns whether it was the one that calls
   * @throws DomainError UNAUTHENTICATED, NOT_FOUND
   */
  async endOwn(scope: ChangeScope, id: string): Promise<boolean> {
    const caller = requireUser(scope);
    const sessionId = parseId<SessionId>(id);
    const owner = sessionId && (await this.ports.sessions.ownerOf(scope, sessionId));
    if (sessionId === undefined || owner !== caller.userId) throw new DomainError('NOT_FOUND');
    await this.end(scope, sessionId, owner);
    return sessionId === caller.sessionId;
  }

  /** All of the caller's own but the one that calls. @returns how many @throws DomainError UNAUTHENTICATED */
  async endOwnOthers(scope: ChangeScope): Promise<number> {
    const { userId, sessionId } = requireUser(scope);
    await this.ports.users.getLocked(scope, userId);
    return this.endAll(scope, userId, sessionId);
  }

  /** The session of somebody who leaves, here or at his identity provider. */
  async signOut(scope: ChangeScope, { sessionId, userId, detail }: Leaving): Promise<void> {
    await this.ports.sessions.end(scope, sessionId);
    const entry = { action: 'session.sign-out', target: `user:${userId}`, detail };
    await this.ports.audit.record(scope, entry);
  }

  /** By an operator. @throws DomainError NOT_FOUND, FORBIDDEN where its user holds a role that the caller lacks */
  async endAny(scope: ChangeScope, id: string): Promise<void> {
    const sessionId = parseId<SessionId>(id);
    const owner = sessionId && (await this.ports.sessions.ownerOf(scope, sessionId));
    if (sessionId === undefined || owner === undefined) throw new DomainError('NOT_FOUND');
    await this.requireAuthority(scope, owner);
    await this.end(scope, sessionId, owner);
  }

  /** By an operator. @returns how many @throws DomainError NOT_FOUND, FORBIDDEN as {@link endAny} */
  async endAllOf(scope: ChangeScope, userId: string): Promise<number> {
    const owner = await this.requireAuthority(scope, userId);
    return this.endAll(scope, owner);
  }

  private async requireAuthority(scope: ChangeScope, userId: string): Promise<UserId> {
    const user = await this.ports.users.getLocked(scope, userId);
    await this.ports.users.requireAuthorityOver(scope, user);
    return user.id;
  }

  private async end(scope: ChangeScope, id: SessionId, owner: UserId): Promise<void> {
    const isFirst = await this.ports.sessions.end(scope, id);
    if (!isFirst) throw new DomainError('NOT_FOUND');
    await this.record(scope, owner, `session ${id}`);
  }

  private async endAll(scope: ChangeScope, owner: UserId, except?: SessionId): Promise<number> {
    const ended = await this.ports.sessions.endAllOf(scope, owner, except);
    if (ended > 0) await this.record(scope, owner, `${String(ended)} sessions`);
    return ended;
  }

  private record(scope: Scope, owner: UserId, detail: string): Promise<void> {
    const entry = { action: 'session.end', target: `user:${owner}`, detail };
    return this.ports.audit.record(scope, entry);
  }
}

function isCurrent({ actor }: RequestContext, { id }: LiveSession): boolean {
  return actor.kind === 'user' && actor.sessionId === id;
}
