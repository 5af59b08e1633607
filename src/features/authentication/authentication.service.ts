import type { RequestContext, UserActor } from '../../kernel/actor.js';
import { DomainError, invalidInput } from '../../kernel/errors.js';
import { addressKey } from '../../platform/address-key.js';
import type { LimitName, RateLimits } from '../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { SessionService } from '../sessions/session.service.js';
import { verifyPassword } from '../users/password.service.js';
import type { UserService } from '../users/user.service.js';
import type { EmailCodeService } from './email-code.service.js';

export interface SignedIn {
  readonly token: string;
  readonly actor: UserActor;
}

/**
 * Proofs of identity, and the sessions that they open or strengthen. An attempt is counted, compared and remembered in
 * transactions of its own, so that a refusal undoes none of that.
 */
export class AuthenticationService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly users: UserService;
      readonly sessions: SessionService;
      readonly emailCodes: EmailCodeService;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * PASSWORD. An unknown user and a wrong password look alike, in time as well.
   * @throws DomainError INVALID_CREDENTIALS, RATE_LIMITED, or USER_NOT_ACTIVE to who gave the right password
   */
  async signInWithPassword(
    request: RequestContext,
    username: string,
    password: string,
  ): Promise<SignedIn> {
    const { work, users, limits } = this.ports;
    const counted = await this.countSignIn(request, username);
    const user = await users.findByUsername(work.read(request), username);
    const matches = await verifyPassword(user?.passwordHash ?? null, password);
    if (user === undefined || !matches) throw new DomainError('INVALID_CREDENTIALS');
    for (const [limit, key] of counted) await limits.giveBack(limit, key);
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    const proof = { method: 'PASSWORD', provider: null, credential: 'password' } as const;
    return work.change(request, async (scope) => {
      const signedIn = await this.join(scope, user.id, proof);
      await this.ports.audit.record(as(scope, signedIn.actor), {
        action: 'session.sign-in',
        target: `user:${user.id}`,
        detail: proof.method,
      });
      return signedIn;
    });
  }

  /** @throws DomainError UNAUTHENTICATED, RATE_LIMITED, CHANNEL_NOT_AVAILABLE where the user has no address */
  async sendEmailCode(request: RequestContext): Promise<void> {
    const session = signedIn(request);
    await this.ports.limits.take('email-code/send', session.userId);
    await this.ports.work.change(request, async (scope) => {
      const id = await this.ports.emailCodes.send(scope, session);
      await this.ports.audit.record(scope, {
        action: 'email-code.send',
        target: `email-code:${id}`,
      });
    });
  }

  /**
   * EMAIL_CODE: adds it to the session's evidence.
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, or INVALID_CREDENTIALS for a code that is wrong, used,
   * expired or was tried too often
   */
  async verifyEmailCode(request: RequestContext, code: string): Promise<SignedIn> {
    const session = signedIn(request);
    if (!/^\d{6}$/.test(code)) throw invalidInput('code', 'It must have six digits.');
    const { work, emailCodes, limits, sessions } = this.ports;
    await limits.take('email-code/verify', session.userId);
    const counted = await work.change(request, (scope) => emailCodes.count(scope, session));
    if (counted === undefined || !emailCodes.matches(counted, code)) {
      throw new DomainError('INVALID_CREDENTIALS');
    }
    await limits.giveBack('email-code/verify', session.userId);
    return work.change(request, async (scope) => {
      const isFirst = await emailCodes.use(scope, counted);
      if (!isFirst) throw new DomainError('INVALID_CREDENTIALS');
      const result = await sessions.strengthen(scope, session, {
        method: 'EMAIL_CODE',
        provider: null,
        credential: counted.address,
      });
      await this.ports.audit.record(scope, {
        action: 'session.strengthen',
        target: `user:${session.userId}`,
        detail: 'EMAIL_CODE',
      });
      return result;
    });
  }

  /** Ends the session. Without one there is nothing to end, and that is well. */
  async signOut(request: RequestContext): Promise<void> {
    const { actor } = request;
    if (actor.kind !== 'user') return;
    await this.ports.work.change(request, async (scope) => {
      await this.ports.sessions.end(scope, actor.sessionId);
      await this.ports.audit.record(scope, {
        action: 'session.sign-out',
        target: `user:${actor.userId}`,
      });
    });
  }

  /**
   * Counts an attempt before anything is compared. Where the account was signed in to from this address lately, what others
   * try elsewhere does not count against it: a stranger cannot lock its owner out.
   */
  private async countSignIn(
    request: RequestContext,
    username: string,
  ): Promise<readonly (readonly [LimitName, string])[]> {
    const { users, sessions, work, limits } = this.ports;
    const account = users.usernameKey(username);
    const address = addressKey(request.address);
    const isKnown = await sessions.isKnownAddress(work.sql, account, request.address);
    const counted: (readonly [LimitName, string])[] = [
      ['sign-in/account-and-address', `${account} ${address}`],
      ['sign-in/address', address],
    ];
    if (!isKnown) counted.push(['sign-in/account', account]);
    for (const [limit, key] of counted) await limits.take(limit, key);
    return counted;
  }

  /** The same user goes on in his session; another one gets a new session, and the earlier one ends. */
  private async join(
    scope: ChangeScope,
    userId: UserActor['userId'],
    proof: Parameters<SessionService['open']>[2],
  ): Promise<SignedIn> {
    const { actor } = scope;
    const { sessions } = this.ports;
    if (actor.kind !== 'user') return sessions.open(scope, userId, proof);
    if (actor.userId === userId) return sessions.strengthen(scope, actor, proof);
    await sessions.end(scope, actor.sessionId);
    return sessions.open(scope, userId, proof);
  }
}

function signedIn(request: RequestContext): UserActor {
  if (request.actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED');
  return request.actor;
}

function as(scope: ChangeScope, actor: UserActor): ChangeScope {
  return { ...scope, actor };
}
