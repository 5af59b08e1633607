import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { EnrolmentId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { EnrolmentSecrets } from '../enrolment-secrets.js';
import { refuseEnded, type EnrolmentService } from '../enrolment.service.js';

interface Opened {
  readonly enrolmentId: EnrolmentId;
  readonly generation: number;
}

/** Somebody has the link of an invitation open, in a browser that runs the page: few of the scanners of mails do. */
export class InvitationOpenedService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly enrolments: EnrolmentService;
      readonly secrets: EnrolmentSecrets;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * Nothing is claimed by it, however often it is called.
   * @returns whether there is an enrolment of this code
   * @throws DomainError CODE_EXPIRED, RATE_LIMITED, ENROLMENT_TAKEN, ENROLMENT_EXPIRED, ENROLMENT_CANCELLED,
   * ENROLMENT_SUPERSEDED, ENROLMENT_COMPLETED where the code leads nowhere any more
   */
  async note(request: RequestContext, code: string): Promise<boolean> {
    const { work, limits, enrolments } = this.ports;
    const caller = addressKey(request.address);
    await limits.refuseExhausted('invitation/address', caller);
    const found = await this.find(request, code);
    if (found === undefined) {
      await limits.take('invitation/address', caller);
      return false;
    }
    const scope = work.read(request);
    const enrolment = await enrolments.find(scope, found.enrolmentId);
    if (enrolment === undefined) return false;
    refuseEnded(scope, enrolment);
    if (enrolment.deviceThumbprint !== null) throw new DomainError('ENROLMENT_TAKEN');
    const hasRunOut =
      enrolment.codeExpiresAt <= scope.now || found.generation < enrolment.generation;
    if (hasRunOut) throw new DomainError('CODE_EXPIRED');
    const isInvitation = enrolment.channel === 'EMAIL' || enrolment.channel === 'SMS';
    if (isInvitation && enrolment.openedAt === null) await this.store(request, enrolment.id);
    return true;
  }

  private async store(request: RequestContext, id: EnrolmentId): Promise<void> {
    const { work, audit } = this.ports;
    await work.change(request, async (scope) => {
      const opened = await scope.sql(
        'invitation-opened.store',
        'UPDATE enrolment SET opened_at = now() WHERE id = $1 AND opened_at IS NULL RETURNING id',
        [id],
      );
      if (opened.length === 0) return;
      await audit.record(scope, { action: 'enrolment.open', target: `enrolment:${id}` });
    });
  }

  private async find(request: RequestContext, code: string): Promise<Opened | undefined> {
    const { work, secrets } = this.ports;
    const [row] = await work
      .read(request)
      .sql<Opened>(
        'invitation-opened.find-code',
        'SELECT enrolment_id AS "enrolmentId", generation FROM enrolment_code WHERE code_hash = $1',
        [secrets.codeHash(code)],
      );
    return row;
  }
}
