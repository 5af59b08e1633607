import { actorIdOf, type RequestContext } from '../../../kernel/actor.js';
import { requireUser } from '../../../kernel/callers.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { newId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import { enqueue } from '../../../platform/outbox.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { SessionService } from '../../sessions/session.service.js';
import { hashPassword, passwordProblem, verifyPassword } from '../../users/password.service.js';
import type { UserPasswordService } from '../../users/user-password.service.js';
import type { UserService } from '../../users/user.service.js';
import type { AttemptService } from '../attempt.service.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import type { PasswordLinkService } from './password-link.service.js';
import { PASSWORD_PROOF } from './password-sign-in.service.js';
import { prepareResetJob } from './password.jobs.js';

/** How users come by their passwords: by a mailed link, or by changing the present one. */
export class PasswordSettingService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly users: UserService;
      readonly userPasswords: UserPasswordService;
      readonly sessions: SessionService;
      readonly passwordLinks: PasswordLinkService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * Has a link mailed to the user, if there is such a user and he can have one. What is done before the answer is the same for
   * all names; whether there is anything to be mailed is found out after it.
   * @throws DomainError RATE_LIMITED by the caller's own address alone
   */
  async requestReset(request: RequestContext, username: string): Promise<void> {
    const { work, users, audit } = this.ports;
    const isWithinLimits = await this.countRequest(request, username);
    const user = await users.findByUsername(work.read(request), username);
    await work.change(request, async (scope) => {
      const userId = (isWithinLimits ? user?.id : undefined) ?? newId();
      await enqueue(scope, prepareResetJob, { userId });
      await audit.record(scope, {
        action: 'password.request-reset',
        target: user && `user:${user.id}`,
        detail: isWithinLimits ? undefined : 'RATE_LIMITED',
      });
    });
  }

  /**
   * Sets the password that a mailed link is good for, and ends all of the user's sessions. A password that is refused does not
   * use the link up.
   * @throws DomainError INVALID_INPUT, RATE_LIMITED; CODE_UNKNOWN for what was never mailed, CODE_EXPIRED for what works no more
   */
  async setByLink(request: RequestContext, token: string, password: string): Promise<void> {
    const { work, users, userPasswords, passwordLinks, limits, audit } = this.ports;
    const address = addressKey(request.address);
    await limits.take('password-link/address', address);
    const id = passwordLinks.read(token);
    if (id === undefined) throw new DomainError('CODE_UNKNOWN');
    const link = await passwordLinks.findLive(work.read(request), id);
    if (link === undefined) throw new DomainError('CODE_EXPIRED');
    refusePassword(passwordProblem(password, link.username));
    const hash = await hashPassword(password);
    await work.change(request, async (scope) => {
      await users.getLocked(scope, link.userId);
      if (!(await passwordLinks.use(scope, id))) throw new DomainError('CODE_EXPIRED');
      await userPasswords.replace(scope, link.userId, { hash, keptSession: null });
      await audit.record(scope, {
        action: 'password.set',
        target: `user:${link.userId}`,
        detail: link.purpose,
      });
    });
    await limits.giveBack('password-link/address', address);
  }

  /**
   * Replaces the password of who knows it. His other sessions end; this one goes on with a new token and PASSWORD proven anew.
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, or INVALID_CREDENTIALS where `current` is wrong
   */
  async change(request: RequestContext, current: string, password: string): Promise<SignedIn> {
    const session = requireUser(request);
    const { work, userPasswords, attempts, proofs, audit } = this.ports;
    const attempt = await attempts.count('PASSWORD', session.userId);
    const expected = await userPasswords.hashOf(work.read(request), session.userId);
    const matches = await verifyPassword(expected, current);
    if (expected === null || !matches) throw new DomainError('INVALID_CREDENTIALS');
    await attempts.succeeded(attempt);
    refusePassword(passwordProblem(password, session.username) ?? sameProblem(current, password));
    const hash = await hashPassword(password);
    return work.change(request, async (scope) => {
      const { userId, sessionId } = session;
      const isFirst = await userPasswords.replace(scope, userId, {
        hash,
        expected,
        keptSession: sessionId,
      });
      if (!isFirst) throw new DomainError('INVALID_CREDENTIALS');
      const signedIn = await proofs.strengthen(scope, session, PASSWORD_PROOF);
      await audit.record(scope, { action: 'password.change', target: `user:${userId}` });
      return signedIn;
    });
  }

  /**
   * Mails the invitation to set a first password again.
   * @throws DomainError NOT_FOUND, FORBIDDEN, RATE_LIMITED; INVALID_TRANSITION unless he is ACTIVE, CHANNEL_NOT_AVAILABLE without
   * an address, CONFLICT where he has a password
   */
  async invite(request: RequestContext, id: string): Promise<void> {
    const { work, users, userPasswords, passwordLinks, limits, audit } = this.ports;
    const caller = actorIdOf(request.actor) ?? request.actor.kind;
    await limits.take('password-invitation/user', `${caller} ${id.toLowerCase()}`);
    await work.change(request, async (scope) => {
      const user = await users.getLocked(scope, id);
      await users.requireAuthorityOver(scope, user);
      if (user.state !== 'ACTIVE')
        throw new DomainError('INVALID_TRANSITION', { from: user.state });
      if (user.email === null) throw new DomainError('CHANNEL_NOT_AVAILABLE');
      if ((await userPasswords.hashOf(scope, user.id)) !== null) {
        throw new DomainError('CONFLICT', { reason: 'HAS_PASSWORD' });
      }
      await passwordLinks.invite(scope, user.id);
      await audit.record(scope, { action: 'password.invite', target: `user:${user.id}` });
    });
  }

  /**
   * Counts per account what comes from addresses that the account was not signed in to from: a stranger who asks without end
   * neither fills its owner's mailbox nor keeps him from asking himself.
   */
  private async countRequest(request: RequestContext, username: string): Promise<boolean> {
    const { work, users, sessions, limits } = this.ports;
    const account = users.usernameKey(username);
    const address = addressKey(request.address);
    await limits.take('password-reset/address', address);
    await limits.take('password-reset/account-and-address', `${account} ${address}`);
    const isWithin = await limits.tryTake('password-reset/account', account);
    const isKnown = await sessions.isKnownAddress(work.sql, account, request.address);
    return isWithin || isKnown;
  }
}

function refusePassword(problem: string | undefined): void {
  if (problem !== undefined) throw invalidInput('password', problem);
}

/** Compared with what was just typed: a link's bearer, who knows no password, learns nothing of the present one. */
function sameProblem(current: string, password: string): string | undefined {
  return current.normalize('NFKC') === password.normalize('NFKC')
    ? 'It must differ from the present one.'
    : undefined;
}
