import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { AttemptService } from '../attempt.service.js';
import { sessionOf, type ProofService, type SignedIn } from '../proof.service.js';
import type { EmailCodeService } from './email-code.service.js';

/** The method EMAIL_CODE. An attempt is counted, compared and remembered in transactions of its own. */
export class EmailCodeProofService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly emailCodes: EmailCodeService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
      readonly audit: AuditService;
    },
  ) {}

  /** @throws DomainError UNAUTHENTICATED, RATE_LIMITED, CHANNEL_NOT_AVAILABLE where the user has no address */
  async send(request: RequestContext): Promise<void> {
    const session = sessionOf(request);
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
   * Adds EMAIL_CODE to the session's evidence.
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, RATE_LIMITED, or INVALID_CREDENTIALS for a code that is wrong, used,
   * expired or was tried too often
   */
  async verify(request: RequestContext, code: string): Promise<SignedIn> {
    const session = sessionOf(request);
    if (!/^\d{6}$/.test(code)) throw invalidInput('code', 'It must have six digits.');
    const { work, emailCodes, attempts, proofs } = this.ports;
    const attempt = await attempts.count('EMAIL_CODE', session.userId);
    const counted = await work.change(request, (scope) => emailCodes.count(scope, session));
    if (counted === undefined || !emailCodes.matches(counted, code)) {
      throw new DomainError('INVALID_CREDENTIALS');
    }
    await attempts.succeeded(attempt);
    return work.change(request, async (scope) => {
      const isFirst = await emailCodes.use(scope, counted);
      if (!isFirst) throw new DomainError('INVALID_CREDENTIALS');
      const proof = { method: 'EMAIL_CODE', provider: null, credential: counted.address } as const;
      return proofs.strengthen(scope, session, proof);
    });
  }
}
