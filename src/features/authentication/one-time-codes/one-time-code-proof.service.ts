import type { RequestContext, UserActor } from '../../../kernel/actor.js';
import { requireUser } from '../../../kernel/callers.js';
import { DomainError } from '../../../kernel/errors.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { UserService } from '../../users/user.service.js';
import type { AttemptService } from '../attempt.service.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import { requireSixDigits } from '../six-digits.js';
import type { CodeMethod, OneTimeCodeService } from './one-time-code.service.js';

const AUDIT_NAMES = { EMAIL_CODE: 'email-code', SMS_CODE: 'sms-code' } as const;

/** The methods EMAIL_CODE and SMS_CODE. An attempt is counted, compared and remembered in transactions of its own. */
export class OneTimeCodeProofService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly oneTimeCodes: OneTimeCodeService;
      readonly users: UserService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
      readonly audit: AuditService;
    },
  ) {}

  /** @throws DomainError UNAUTHENTICATED, RATE_LIMITED, CHANNEL_NOT_AVAILABLE where the user cannot be reached this way */
  async send(request: RequestContext, method: CodeMethod): Promise<void> {
    const session = requireUser(request);
    const { work, oneTimeCodes, audit } = this.ports;
    await this.countMessage(request, session, method);
    await work.change(request, async (scope) => {
      const id = await oneTimeCodes.send(scope, session, method);
      const name = AUDIT_NAMES[method];
      await audit.record(scope, { action: `${name}.send`, target: `${name}:${id}` });
    });
  }

  /**
   * Adds the method to the session's evidence.
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, or INVALID_CREDENTIALS for a code that is wrong, used,
   * expired or was tried too often
   */
  async verify(request: RequestContext, method: CodeMethod, code: string): Promise<SignedIn> {
    const session = requireUser(request);
    requireSixDigits(code);
    const { work, oneTimeCodes, attempts, proofs } = this.ports;
    const attempt = await attempts.count(method, session.userId);
    const counted = await work.change(request, (scope) =>
      oneTimeCodes.count(scope, session, method),
    );
    if (counted === undefined || !oneTimeCodes.matches(counted, code)) {
      throw new DomainError('INVALID_CREDENTIALS');
    }
    await attempts.succeeded(attempt);
    return work.change(request, async (scope) => {
      const isFirst = await oneTimeCodes.use(scope, counted);
      if (!isFirst) throw new DomainError('INVALID_CREDENTIALS');
      const proof = { method, provider: null, credential: counted.address };
      return proofs.strengthen(scope, session, proof);
    });
  }

  /** A text message costs money, and numbers are called for it: each number and the whole server have their measure of a day. */
  private async countMessage(
    request: RequestContext,
    session: UserActor,
    method: CodeMethod,
  ): Promise<void> {
    const { work, users, oneTimeCodes, limits } = this.ports;
    const user = await users.get(work.read(request), session.userId);
    const address = oneTimeCodes.addressOf(method, user);
    if (address === null) throw new DomainError('CHANNEL_NOT_AVAILABLE');
    await limits.take(`${AUDIT_NAMES[method]}/send`, session.userId);
    if (method !== 'SMS_CODE') return;
    await limits.take('sms-code/number', address);
    await limits.take('sms-code/day', 'all');
  }
}
