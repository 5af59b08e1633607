import { projectLimitOf } from '../../kernel/actor.js';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import { DomainError, type ProblemCode } from '../../kernel/errors.js';
import {
  parseId,
  type ApiClientId,
  type EnrolmentId,
  type ProjectId,
  type UserId,
} from '../../kernel/ids.js';
import type { PageRequest } from '../../kernel/pagination.js';
import { insertAll } from '../../platform/database/bulk-insert.js';
import { keysetPage, type Condition, type CountedPage } from '../../platform/database/keyset.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { NotificationService } from '../notifications/notification.service.js';
import type { DeliveryChannel } from '../projects/project.service.js';
import { EnrolmentCode, type Enrolment } from './enrolment.entity.js';
import type { EnrolmentLog } from './enrolment-log.service.js';
import type { EnrolmentSecrets } from './enrolment-secrets.js';
import { mayCancel, maySteer, mayWatch, type Viewer } from './enrolment-rights.js';
import { isFinal, OPEN_STATUSES, type EnrolmentStatus } from './enrolment-status.js';
import { invite } from './invitation.js';

export type { Enrolment };

export interface EnrolmentFilter {
  readonly projectId?: ProjectId | undefined;
  readonly userId?: UserId | undefined;
  readonly status?: EnrolmentStatus | undefined;
}

const COLUMNS = `id, project_id AS "projectId", user_id AS "userId", replaces_profile_id AS "replacesProfileId", status, certificates,
  archives_keys AS "archivesKeys", channel, delivery, opened_at AS "openedAt", confirmation,
  validity_days AS "validityDays", certificate_terms AS "certificateTerms", profile_limit AS "profileLimit", server_name AS "serverName",
  profile_name AS "profileName", account_name AS "accountName", generation, code_ttl_seconds AS "codeTtlSeconds", code_expires_at AS "codeExpiresAt",
  expires_at AS "expiresAt", created_at AS "createdAt", completed_at AS "completedAt", last_event AS "lastEvent",
  ordered_by AS "orderedBy", ordered_in_session AS "orderedInSession", idempotency_key AS "idempotencyKey",
  order_digest AS "orderDigest", device_id AS "deviceId", device_thumbprint AS "deviceThumbprint",
  confirmation_attempts AS "confirmationAttempts", requests_digest AS "requestsDigest", profile_id AS "profileId",
  failure_code AS "failureCode"`;

/** Reads enrolments, and does what may be done to one from its page: cancel it, renew its code. */
export class EnrolmentService {
  constructor(
    private readonly ports: {
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
    },
  ) {}

  async find(scope: Scope, id: EnrolmentId): Promise<Enrolment | undefined> {
    const [row] = await scope.sql<Enrolment>(
      'enrolment.find',
      `SELECT ${COLUMNS} FROM enrolment WHERE id = $1`,
      [id],
    );
    return row;
  }

  /** Read together with the other enrolments that this request asks for. */
  load(scope: Scope, id: EnrolmentId): Promise<Enrolment> {
    const loader = loaderOf<EnrolmentId, Enrolment>(scope.request, 'enrolment', async (ids) => {
      const rows = await scope.sql<Enrolment>(
        'enrolment.by-ids',
        `SELECT ${COLUMNS} FROM enrolment WHERE id = ANY($1)`,
        [ids],
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((wanted) => byId.get(wanted) ?? new DomainError('NOT_FOUND'));
    });
    return loader.load(id);
  }

  /** With its row locked until the transaction ends. */
  async lock(scope: ChangeScope, id: EnrolmentId): Promise<Enrolment | undefined> {
    const [row] = await scope.sql<Enrolment>(
      'enrolment.lock',
      `SELECT ${COLUMNS} FROM enrolment WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return row;
  }

  /** The enrolment, where this caller may watch it; for others it does not exist. */
  async visible(scope: Scope, id: string): Promise<Enrolment | undefined> {
    const enrolmentId = parseId<EnrolmentId>(id);
    if (enrolmentId === undefined) return undefined;
    const row = await this.find(scope, enrolmentId);
    return row !== undefined && mayWatch(scope, row) ? row : undefined;
  }

  /**
   * The enrolment, locked, where this caller may steer it: confirm its phone, or have a new code shown. The phone itself may
   * not: it would confirm itself.
   * @throws DomainError NOT_FOUND
   */
  async steerableLocked(scope: ChangeScope, id: string): Promise<Enrolment> {
    return this.lockedWhere(scope, id, maySteer);
  }

  private async lockedWhere(
    scope: ChangeScope,
    id: string,
    isAllowed: (viewer: Viewer, enrolment: Enrolment) => boolean,
  ): Promise<Enrolment> {
    const enrolmentId = parseId<EnrolmentId>(id);
    const row = enrolmentId && (await this.lock(scope, enrolmentId));
    if (row === undefined || !isAllowed(scope, row)) throw new DomainError('NOT_FOUND');
    return row;
  }

  /** What a user has not finished yet: at most one enrolment in each project. */
  async pendingOf(scope: Scope, userId: UserId): Promise<ReadonlyMap<ProjectId, Enrolment>> {
    const rows = await scope.sql<Enrolment>(
      'enrolment.pending-of-user',
      `SELECT ${COLUMNS} FROM enrolment WHERE user_id = $1 AND status = ANY($2) AND expires_at > now()`,
      [userId, OPEN_STATUSES],
    );
    return new Map(rows.map((row) => [row.projectId, row]));
  }

  list(
    scope: Scope,
    filter: EnrolmentFilter,
    request: PageRequest,
  ): Promise<CountedPage<Enrolment>> {
    const wanted: [string, unknown][] = [
      ['project_id = ANY(?)', projectLimitOf(scope.actor)],
      ['project_id = ?', filter.projectId],
      ['user_id = ?', filter.userId],
      ['status = ?', filter.status],
    ];
    const conditions: Condition[] = wanted.filter(([, value]) => value !== undefined);
    return keysetPage<Enrolment>(
      scope,
      { table: 'enrolment', columns: COLUMNS, conditions },
      request,
    );
  }

  /** @throws DomainError NOT_FOUND; INVALID_TRANSITION where it is already over */
  async cancel(scope: ChangeScope, id: string): Promise<Enrolment> {
    const enrolment = await this.lockedWhere(scope, id, mayCancel);
    await this.ports.log.move(scope, enrolment.id, 'CANCELLED');
    await this.ports.audit.record(scope, {
      action: 'enrolment.cancel',
      target: `enrolment:${enrolment.id}`,
    });
    return this.reread(scope, enrolment.id);
  }

  /**
   * A new code for an enrolment whose code ran out unscanned.
   * @throws DomainError NOT_FOUND, INVALID_TRANSITION, ENROLMENT_EXPIRED
   */
  async renewCode(scope: ChangeScope, id: string): Promise<Enrolment> {
    const enrolment = await this.steerableLocked(scope, id);
    if (enrolment.expiresAt <= scope.now) throw new DomainError('ENROLMENT_EXPIRED');
    if (enrolment.status === 'WAITING_FOR_SCAN' && enrolment.codeExpiresAt <= scope.now) {
      await this.ports.log.move(scope, enrolment.id, 'CODE_EXPIRED');
    } else if (enrolment.status !== 'CODE_EXPIRED') {
      throw new DomainError('INVALID_TRANSITION', { from: enrolment.status });
    }
    const generation = enrolment.generation + 1;
    await this.storeCode(scope, enrolment.id, generation);
    await scope.sql(
      'enrolment.renew-code',
      `UPDATE enrolment SET generation = $2, delivery = CASE WHEN channel <> 'SCREEN' THEN 'QUEUED' END,
         code_expires_at = least(expires_at, now() + make_interval(secs => $3)) WHERE id = $1`,
      [enrolment.id, generation, enrolment.codeTtlSeconds],
    );
    await this.ports.log.move(scope, enrolment.id, 'WAITING_FOR_SCAN', { detail: 'renewed' });
    await invite(scope, this.ports.notifications, enrolment);
    await this.ports.audit.record(scope, {
      action: 'enrolment.renew-code',
      target: `enrolment:${enrolment.id}`,
    });
    return this.reread(scope, enrolment.id);
  }

  /** Makes the code of this generation one that can be scanned. */
  async storeCode(scope: ChangeScope, enrolmentId: EnrolmentId, generation: number): Promise<void> {
    const { secrets } = this.ports;
    const codeHash = secrets.codeHash(secrets.code(enrolmentId, generation));
    await scope.db.insert(EnrolmentCode, { codeHash, enrolmentId, generation });
  }

  /** As {@link storeCode}, of many that were just ordered. */
  async storeCodes(
    scope: ChangeScope,
    enrolments: readonly Pick<Enrolment, 'id' | 'generation'>[],
  ): Promise<void> {
    const { secrets } = this.ports;
    const codes = enrolments.map(({ id: enrolmentId, generation }) => ({
      codeHash: secrets.codeHash(secrets.code(enrolmentId, generation)),
      enrolmentId,
      generation,
    }));
    await insertAll(scope, EnrolmentCode, codes);
  }

  /** Cancels whatever is not finished of a user who is shut out, be it ordered for him or by him. */
  async cancelAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    await this.cancelEach(
      scope,
      await scope.sql(
        'enrolment.lock-open-of-user',
        `SELECT id FROM enrolment WHERE (user_id = $1 OR ordered_by = $1) AND status = ANY($2)
         ORDER BY id FOR UPDATE`,
        [userId, OPEN_STATUSES],
      ),
    );
  }

  /** Cancels what is not finished of a user who is removed from a project. */
  async cancelAllIn(scope: ChangeScope, projectId: ProjectId, userId: UserId): Promise<void> {
    await this.cancelEach(
      scope,
      await scope.sql(
        'enrolment.lock-open-in-project',
        `SELECT id FROM enrolment WHERE user_id = $1 AND project_id = $2 AND status = ANY($3)
         ORDER BY id FOR UPDATE`,
        [userId, projectId, OPEN_STATUSES],
      ),
    );
  }

  /** Cancels what a user has ordered for others, or others for him: whether they may is no longer known. */
  async cancelOrdersBetween(scope: ChangeScope, userId: UserId): Promise<void> {
    await this.cancelEach(
      scope,
      await scope.sql(
        'enrolment.lock-open-between',
        `SELECT id FROM enrolment WHERE (user_id = $1 OR ordered_by = $1) AND user_id <> ordered_by
           AND status = ANY($2) ORDER BY id FOR UPDATE`,
        [userId, OPEN_STATUSES],
      ),
    );
  }

  /** Cancels what an API client has ordered that is deleted or disabled: whether it was the client is no longer known. */
  async cancelOrdersOf(scope: ChangeScope, clientId: ApiClientId): Promise<void> {
    await this.cancelEach(
      scope,
      await scope.sql(
        'enrolment.lock-open-of-client',
        `SELECT id FROM enrolment WHERE ordered_by = $1 AND status = ANY($2) ORDER BY id FOR UPDATE`,
        [clientId, OPEN_STATUSES],
      ),
    );
  }

  /**
   * Cancels what others have sent to an address that is no longer the user's, also where a phone has scanned it, which may be
   * a stranger's; and what he has ordered for himself, which he may have proven by that address.
   * @returns what others have sent
   */
  async cancelInvitationsTo(
    scope: ChangeScope,
    userId: UserId,
    channel: DeliveryChannel,
  ): Promise<readonly Enrolment[]> {
    const invitations = await this.lockInvitations(scope, userId);
    const foreign = invitations.filter(
      (one) => one.orderedBy !== userId && one.channel === channel,
    );
    await this.cancelEach(scope, [...foreign, ...ownUnscanned(invitations, userId)]);
    return foreign;
  }

  /** Cancels what he has ordered for himself, unless a phone has scanned it: somebody else may have known his password. */
  async cancelOwnInvitationsOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const invitations = await this.lockInvitations(scope, userId);
    await this.cancelEach(scope, ownUnscanned(invitations, userId));
  }

  private lockInvitations(scope: ChangeScope, userId: UserId): Promise<Enrolment[]> {
    return scope.sql<Enrolment>(
      'enrolment.lock-invitations',
      `SELECT ${COLUMNS} FROM enrolment WHERE user_id = $1 AND channel IN ('EMAIL', 'SMS') AND status = ANY($2)
       ORDER BY id FOR UPDATE`,
      [userId, OPEN_STATUSES],
    );
  }

  private async cancelEach(
    scope: ChangeScope,
    open: readonly { readonly id: EnrolmentId }[],
  ): Promise<void> {
    for (const { id } of open) {
      await this.ports.log.move(scope, id, 'CANCELLED');
      await this.ports.audit.record(scope, {
        action: 'enrolment.cancel',
        target: `enrolment:${id}`,
      });
    }
  }

  private async reread(scope: ChangeScope, id: EnrolmentId): Promise<Enrolment> {
    const row = await this.find(scope, id);
    if (row === undefined) throw new DomainError('NOT_FOUND');
    return row;
  }
}

function ownUnscanned(invitations: readonly Enrolment[], userId: UserId): Enrolment[] {
  return invitations.filter((one) => one.orderedBy === userId && one.deviceThumbprint === null);
}

/** An encryption key that is to be archived; signing keys are born on the phone, and stay there. */
export function isServerMade(
  { archivesKeys }: Pick<Enrolment, 'archivesKeys'>,
  kind: CertificateKind,
): boolean {
  return archivesKeys && kind === 'ENCRYPTION';
}

const OVER: Partial<Record<EnrolmentStatus, ProblemCode>> = {
  ACTIVE: 'ENROLMENT_COMPLETED',
  CANCELLED: 'ENROLMENT_CANCELLED',
  EXPIRED: 'ENROLMENT_EXPIRED',
  SUPERSEDED: 'ENROLMENT_SUPERSEDED',
};

/** Each end has a code of its own; a failed enrolment tells why it failed. */
export function refuseEnded(scope: Pick<Scope, 'now'>, enrolment: Enrolment): void {
  if (enrolment.status === 'FAILED') {
    throw new DomainError(enrolment.failureCode ?? 'INVALID_TRANSITION');
  }
  const code = OVER[enrolment.status];
  if (code !== undefined) throw new DomainError(code);
  if (!isFinal(enrolment.status) && enrolment.expiresAt <= scope.now) {
    throw new DomainError('ENROLMENT_EXPIRED');
  }
}
