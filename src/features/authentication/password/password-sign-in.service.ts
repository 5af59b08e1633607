import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { SessionService } from '../../sessions/session.service.js';
import { verifyPassword } from '../../users/password.service.js';
import type { UserPasswordService } from '../../users/user-password.service.js';
import type { UserService } from '../../users/user.service.js';
import type { Attempt, AttemptService, SignInAttempt } from '../attempt.service.js';
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
      readonly userPasswords: UserPasswordService;
      readonly sessions: SessionService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
    },
  ) {}

  /**
   * An unknown user and a wrong password look alike, in time as well.
   * @throws DomainError INVALID_CREDENTIALS, RATE_LIMITED, or USER_NOT_ACTIVE to who gave the right password
   */
  async signIn(request: RequestContext, username: string, password: string): Promise<SignedIn> {
    const { work, users, userPasswords, attempts, limits, proofs } = this.ports;
    const [account, address] = [users.usernameKey(username), addressKey(request.address)];
    await limits.refuseExhausted('sign-in/address', address); // before it leaves a row for each name
    const user = await users.findByUsername(work.read(request), username);
    const attempt = await this.count(request, { account, userId: user?.id ?? null, address });
    await limits.take('sign-in/address', address);
    const matches = await verifyPassword(user?.passwordHash ?? null, password);
    if (user === undefined || !matches) throw new DomainError('INVALID_CREDENTIALS');
    await limits.giveBack('sign-in/address', address);
    await attempts.succeeded(attempt);
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    return work.change(request, async (scope) => {
      const isStill = await userPasswords.hold(scope, user.id, user.passwordHash ?? '');
      if (!isStill) throw new DomainError('INVALID_CREDENTIALS');
      return proofs.signIn(scope, user.id, PASSWORD_PROOF);
    });
  }

  private async count(
    request: RequestContext,
    attempt: Omit<SignInAttempt, 'isKnownAddress'>,
  ): Promise<Attempt> {
    const { sessions, work, attempts } = this.ports;
    const { account } = attempt;
    const isKnownAddress = await sessions.isKnownAddress(work.sql, account, request.address);
    return attempts.countSignIn({ ...attempt, isKnownAddress });
  }
}
