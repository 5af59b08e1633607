import type { UserActor } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { Proof, SessionService } from '../sessions/session.service.js';

/** A session that was opened or strengthened, with the token that opens it from now on. */
export interface SignedIn {
  readonly token: string;
  readonly actor: UserActor;
}

/** What every method ends in: a proof that was checked opens a session, or joins the one of the same user. */
export class ProofService {
  constructor(
    private readonly sessions: SessionService,
    private readonly audit: AuditService,
  ) {}

  /**
   * First in a transaction that uses up a credential and ends in a proof: users are locked before what they hold.
   * @throws DomainError USER_NOT_ACTIVE
   */
  hold(scope: ChangeScope, userId: UserId): Promise<void> {
    return this.sessions.holdUser(scope, userId);
  }

  /**
   * For methods by which people sign in. The same user goes on in his session; another one gets a new session, and the earlier
   * one ends.
   * @throws DomainError USER_NOT_ACTIVE
   */
  async signIn(scope: ChangeScope, userId: UserId, proof: Proof): Promise<SignedIn> {
    const signedIn = await this.join(scope, userId, proof);
    await this.audit.record(
      { ...scope, actor: signedIn.actor },
      { action: 'session.sign-in', target: `user:${userId}`, detail: described(proof) },
    );
    return signedIn;
  }

  /** For methods that add to a session. @throws DomainError UNAUTHENTICATED where it has ended */
  async strengthen(scope: ChangeScope, session: UserActor, proof: Proof): Promise<SignedIn> {
    const signedIn = await this.sessions.strengthen(scope, session, proof);
    await this.audit.record(scope, {
      action: 'session.strengthen',
      target: `user:${session.userId}`,
      detail: described(proof),
    });
    return signedIn;
  }

  private async join(scope: ChangeScope, userId: UserId, proof: Proof): Promise<SignedIn> {
    const { actor } = scope;
    if (actor.kind !== 'user') return this.sessions.open(scope, userId, proof);
    if (actor.userId === userId) return this.sessions.strengthen(scope, actor, proof);
    await this.sessions.end(scope, actor.sessionId);
    return this.sessions.open(scope, userId, proof);
  }
}

function described({ method, provider }: Proof): string {
  return provider === null ? method : `${method} ${provider}`;
}
