import type { RequestContext } from '../../../kernel/actor.js';
import { requireUser } from '../../../kernel/callers.js';
import { DomainError } from '../../../kernel/errors.js';
import { parseId } from '../../../kernel/ids.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import { ACCOUNT_METHODS, readMethodName } from '../account-methods.js';
import type { AttemptService } from '../attempt.service.js';
import { credentialRemoved } from '../authentication.events.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import { requireSixDigits } from '../six-digits.js';
import type { TotpAuthenticatorId } from './totp-authenticator.entity.js';
import type { TotpAuthenticator, TotpEnrolment, TotpService } from './totp.service.js';

/** The method TOTP, and the authenticators that give it. Attempts are counted and compared outside of transactions. */
export class TotpProofService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly totp: TotpService;
      readonly access: AccessService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
      readonly audit: AuditService;
    },
  ) {}

  list(request: RequestContext): Promise<TotpAuthenticator[]> {
    return this.ports.totp.list(this.ports.work.read(request), requireUser(request).userId);
  }

  /** @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, CONFLICT where the user has as many as allowed */
  async start(request: RequestContext, givenName: string): Promise<TotpEnrolment> {
    const { work, totp, limits, audit } = this.ports;
    const { userId } = requireUser(request);
    const name = readMethodName(givenName);
    await limits.take('methods/start', userId);
    return work.change(request, async (scope) => {
      const enrolment = await totp.start(scope, userId, name);
      const target = targetOf(enrolment.authenticator);
      await audit.record(scope, { action: 'totp.start', target });
      return enrolment;
    });
  }

  /**
   * Shows that the app has taken the secret in. It is no proof of identity: the secret was shown in this very session.
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, NOT_FOUND, INVALID_TRANSITION, or INVALID_CREDENTIALS for
   * a wrong code
   */
  async confirm(request: RequestContext, id: string, code: string): Promise<TotpAuthenticator> {
    const { work, totp, attempts, audit } = this.ports;
    const { userId } = requireUser(request);
    requireSixDigits(code);
    const attempt = await attempts.count('TOTP', userId);
    const [match] = await totp.matchesWaiting(work.read(request), userId, { id, guess: code });
    if (match === undefined) throw new DomainError('INVALID_CREDENTIALS');
    const confirmed = await work.change(request, async (scope) => {
      const authenticator = await totp.confirm(scope, userId, match);
      if (authenticator === undefined) throw new DomainError('INVALID_CREDENTIALS');
      await audit.record(scope, { action: 'totp.confirm', target: targetOf(authenticator) });
      return authenticator;
    });
    await attempts.succeeded(attempt);
    return confirmed;
  }

  /**
   * Takes an authenticator away, and back what was proven with it. That proof does not count for taking it away.
   * @throws DomainError UNAUTHENTICATED, NOT_FOUND, INSUFFICIENT_USER_AUTHENTICATION, or CONFLICT where no administrator could
   * get in any more
   */
  async remove(request: RequestContext, id: string): Promise<void> {
    const { work, totp, access, audit } = this.ports;
    const { userId } = requireUser(request);
    const authenticatorId = parseId<TotpAuthenticatorId>(id);
    if (authenticatorId === undefined) throw new DomainError('NOT_FOUND');
    await access.require(work.read(request), ACCOUNT_METHODS, {
      excludedCredentials: [authenticatorId],
    });
    await work.change(request, async (scope) => {
      const removed = await totp.remove(scope, userId, authenticatorId);
      await audit.record(scope, { action: 'totp.remove', target: targetOf(removed) });
      if (!removed.isConfirmed) return;
      await scope.raise(credentialRemoved, { userId, method: 'TOTP', credential: removed.id });
    });
  }

  /**
   * Adds TOTP to the session's evidence.
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, or INVALID_CREDENTIALS for a code that is wrong or used
   */
  async verify(request: RequestContext, code: string): Promise<SignedIn> {
    const { work, totp, attempts, proofs } = this.ports;
    const session = requireUser(request);
    requireSixDigits(code);
    const attempt = await attempts.count('TOTP', session.userId);
    const matches = await totp.matches(work.read(request), session.userId, code);
    const signedIn = await work.change(request, async (scope) => {
      const credential = await totp.use(scope, matches);
      if (credential === undefined) throw new DomainError('INVALID_CREDENTIALS');
      return proofs.strengthen(scope, session, { method: 'TOTP', provider: null, credential });
    });
    await attempts.succeeded(attempt);
    return signedIn;
  }
}

function targetOf({ id }: TotpAuthenticator): string {
  return `totp:${id}`;
}
