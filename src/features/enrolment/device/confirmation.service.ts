import { actorIdOf, reachesProject, type RequestContext } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { textProblem } from '../../../kernel/text.js';
import { parseId, type EnrolmentId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { EnrolmentSecrets } from '../enrolment-secrets.js';
import { refuseEnded, type Enrolment, type EnrolmentService } from '../enrolment.service.js';

const MAX_ATTEMPTS = 5;
/** Far more than the two transactions of one attempt are apart. */
const COMPARED_WITHIN_SECONDS = 10;
const BATCH = 100;
const REASON = { min: 0, max: 500, multiline: true };

/**
 * Says that the phone which has scanned is the right one, by the code that it shows. An attempt is counted in a transaction of
 * its own before it is compared, so that no number of parallel guesses gets more than five.
 */
export class ConfirmationService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly notifications: NotificationService;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * By who ordered, on the page that shows the QR code.
   * @throws DomainError NOT_FOUND, INVALID_INPUT, CONFIRMATION_WRONG with `attemptsLeft`, INVALID_TRANSITION
   */
  async confirm(request: RequestContext, id: string, code: string): Promise<Enrolment> {
    return this.compare(request, code, async (scope) => {
      const enrolment = await this.ports.enrolments.steerableLocked(scope, id);
      if (enrolment.confirmation === 'APPROVAL') {
        throw new DomainError('INVALID_TRANSITION', { confirmation: 'APPROVAL' });
      }
      return enrolment;
    });
  }

  /**
   * By an operator: never by the one who ordered, nor for oneself.
   * @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_INPUT, CONFIRMATION_WRONG with `attemptsLeft`, INVALID_TRANSITION
   */
  async approve(request: RequestContext, id: string, code: string): Promise<Enrolment> {
    return this.compare(request, code, async (scope) => {
      const enrolment = await this.anyLocked(scope, id);
      await this.refuseInvolved(scope, enrolment);
      return enrolment;
    });
  }

  /** By an operator. @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_INPUT, INVALID_TRANSITION */
  async reject(scope: ChangeScope, id: string, reason: string | null = null): Promise<Enrolment> {
    const problem = reason === null ? undefined : textProblem(reason, REASON);
    if (problem !== undefined) throw invalidInput('reason', problem);
    const enrolment = await this.anyLocked(scope, id);
    await this.refuseInvolved(scope, enrolment);
    if (enrolment.status !== 'AWAITING_CONFIRMATION') {
      throw new DomainError('INVALID_TRANSITION', { from: enrolment.status });
    }
    await this.ports.log.move(scope, enrolment.id, 'CANCELLED', {
      detail: 'The phone was rejected.',
    });
    await this.ports.audit.record(scope, {
      action: 'enrolment.reject-device',
      target: `enrolment:${enrolment.id}`,
      ...(reason === null ? {} : { detail: reason }),
    });
    return this.reread(scope, enrolment.id);
  }

  /**
   * Ends what a crash between counting and comparing the last attempt has left behind: nobody may try again, and nobody has
   * failed. For the housekeeping.
   */
  async failExhausted(scope: ChangeScope): Promise<void> {
    const left = await scope.sql<{ id: EnrolmentId }>(
      'confirmation.exhausted',
      `SELECT id FROM enrolment
       WHERE status = 'AWAITING_CONFIRMATION' AND confirmation_attempts >= ${String(MAX_ATTEMPTS)}
         AND coalesce(confirmation_counted_at, '-infinity') < now() - make_interval(secs => $1)
       LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [COMPARED_WITHIN_SECONDS, BATCH],
    );
    for (const { id } of left) {
      const enrolment = await this.ports.enrolments.lock(scope, id);
      if (enrolment !== undefined) await this.fail(scope, enrolment);
    }
  }

  private async compare(
    request: RequestContext,
    code: string,
    find: (scope: ChangeScope) => Promise<Enrolment>,
  ): Promise<Enrolment> {
    if (!/^\d{6}$/.test(code)) throw invalidInput('code', 'It must have six digits.');
    const { work } = this.ports;
    const counted = await work.change(request, async (scope) =>
      this.count(scope, await find(scope)),
    );
    const verdict = await work.change(request, (scope) => this.decide(scope, counted, code));
    if (verdict instanceof DomainError) throw verdict;
    return verdict;
  }

  /** The first transaction. */
  private async count(scope: ChangeScope, enrolment: Enrolment): Promise<EnrolmentId> {
    refuseEnded(scope, enrolment);
    const counted = await scope.sql(
      'confirmation.count',
      `UPDATE enrolment SET confirmation_attempts = confirmation_attempts + 1, confirmation_counted_at = now()
       WHERE id = $1 AND status = 'AWAITING_CONFIRMATION' AND confirmation_attempts < $2 RETURNING id`,
      [enrolment.id, MAX_ATTEMPTS],
    );
    if (counted.length === 0) {
      throw new DomainError('INVALID_TRANSITION', { from: enrolment.status });
    }
    return enrolment.id;
  }

  /** The second transaction. A wrong code is a verdict, so that what it leads to is committed before it is told. */
  private async decide(
    scope: ChangeScope,
    id: EnrolmentId,
    code: string,
  ): Promise<Enrolment | DomainError> {
    const enrolment = await this.ports.enrolments.lock(scope, id);
    if (enrolment?.status !== 'AWAITING_CONFIRMATION' || enrolment.deviceThumbprint === null) {
      return new DomainError('INVALID_TRANSITION', { from: enrolment?.status ?? null });
    }
    const grant = { enrolmentId: id, thumbprint: enrolment.deviceThumbprint };
    const target = `enrolment:${id}`;
    if (this.ports.secrets.isConfirmationCode(grant, code)) {
      await this.ports.log.move(scope, id, 'CONFIRMED');
      await this.ports.audit.record(scope, { action: 'enrolment.confirm-device', target });
      return this.reread(scope, id);
    }
    const attemptsLeft = MAX_ATTEMPTS - enrolment.confirmationAttempts;
    if (attemptsLeft === 0) await this.fail(scope, enrolment);
    return new DomainError('CONFIRMATION_WRONG', { attemptsLeft });
  }

  private async fail(scope: ChangeScope, enrolment: Enrolment): Promise<void> {
    const { log, audit, projects, notifications } = this.ports;
    await log.move(scope, enrolment.id, 'FAILED', { failure: 'CONFIRMATION_WRONG' });
    await audit.record(scope, {
      action: 'enrolment.confirm-device',
      target: `enrolment:${enrolment.id}`,
      outcome: 'REFUSED',
      detail: 'CONFIRMATION_WRONG',
    });
    const { settings } = await projects.get(scope, enrolment.projectId);
    if (enrolment.userId !== null && settings.notifyOnFailure) {
      const { id, projectId } = enrolment;
      await notifications.notify(scope, 'ENROLMENT_FAILED', id, { projectId });
    }
  }

  private async refuseInvolved(scope: Scope, enrolment: Enrolment): Promise<void> {
    const { actor } = scope;
    if (actor.kind !== 'user' && actor.kind !== 'client') throw new DomainError('UNAUTHENTICATED');
    const own = actorIdOf(actor);
    if (own === enrolment.orderedBy || own === enrolment.userId) throw new DomainError('FORBIDDEN');
    const { users } = this.ports;
    const holder = enrolment.userId && (await users.get(scope, enrolment.userId));
    await users.requireAuthorityOver(scope, holder ?? { roles: [] });
  }

  private async anyLocked(scope: ChangeScope, id: string): Promise<Enrolment> {
    const enrolmentId = parseId<EnrolmentId>(id);
    const enrolment = enrolmentId && (await this.ports.enrolments.lock(scope, enrolmentId));
    if (enrolment === undefined || !reachesProject(scope.actor, enrolment.projectId)) {
      throw new DomainError('NOT_FOUND');
    }
    return enrolment;
  }

  private async reread(scope: Scope, id: EnrolmentId): Promise<Enrolment> {
    const enrolment = await this.ports.enrolments.find(scope, id);
    if (enrolment === undefined) throw new DomainError('NOT_FOUND');
    return enrolment;
  }
}
