import type { EnrolmentId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';

/** What one sweep takes; what is left over falls to the next. */
const BATCH = 500;

/** Notices what has run out by itself. Any number of instances may sweep at once: each takes what no other holds. */
export class ExpiryService {
  constructor(
    private readonly log: EnrolmentLog,
    private readonly audit: AuditService,
  ) {}

  /** @returns how many enrolments were moved */
  async sweep(scope: ChangeScope): Promise<number> {
    const overdue = await scope.sql<{ id: EnrolmentId }>(
      'expiry.overdue-enrolments',
      `SELECT id FROM enrolment
       WHERE status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED') AND expires_at <= now()
       LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    for (const { id } of overdue) {
      await this.log.move(scope, id, 'EXPIRED');
      await this.audit.record(scope, { action: 'enrolment.expire', target: `enrolment:${id}` });
    }
    const unscanned = await scope.sql<{ id: EnrolmentId }>(
      'expiry.unscanned-codes',
      `SELECT id FROM enrolment WHERE status = 'WAITING_FOR_SCAN' AND code_expires_at <= now()
       LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    for (const { id } of unscanned) {
      await this.log.move(scope, id, 'CODE_EXPIRED');
      await this.audit.record(scope, {
        action: 'enrolment.expire-code',
        target: `enrolment:${id}`,
      });
    }
    return overdue.length + unscanned.length;
  }
}
