import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { addressKey } from '../../../platform/address-key.js';
import type { LimitName, RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { SessionService } from '../../sessions/session.service.js';
import { verifyPassword } from '../../users/password.service.js';
import type { UserService } from '../../users/user.service.js';
import type { ProofService, SignedIn } from '../proof.service.js';

export const PASSWORD_PROOF = {
  method: 'PASSWORD',
  provider: null,
  credential: 'password',
} as const;

/**
 * The method PASSWORD. An attempt is counted and compared before the transaction that opens the session, so that a refusal
 * undoes none of that.
 */
export class PasswordSignInService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly users: UserService;
      readonly sessions: SessionService;
      readonly limits: RateLimits;
      readonly proofs: ProofService;
    },
  ) {}

  /**
   * An unknown user and a wrong password look alike, in time as well.
   * @throws DomainError INVALID_CREDENTIALS, RATE_LIMITED, or USER_NOT_ACTIVE to who gave the right password
   */
  async signIn(request: RequestContext, username: string, password: string): Promise<SignedIn> {
    const { work, users, limits, proofs } = this.ports;
    const counted = await this.countAttempt(request, username);
    const user = await users.findByUsername(work.read(request), username);
    const matches = await verifyPassword(user?.passwordHash ?? null, password);
    if (user === undefined || !matches) throw new DomainError('INVALID_CREDENTIALS');
    for (const [limit, key] of counted) await limits.giveBack(limit, key);
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    return work.change(request, async (scope) => {
      const isStill = await users.holdPassword(scope, user.id, user.passwordHash ?? '');
      if (!isStill) throw new DomainError('INVALID_CREDENTIALS');
      return proofs.signIn(scope, user.id, PASSWORD_PROOF);
    });
  }

  /**
   * Counts an attempt before anything is compared. Where the account was signed in to from this address lately, what others
   * try elsewhere does not count against it: a stranger cannot lock its owner out.
   */
  private async countAttempt(
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
}
