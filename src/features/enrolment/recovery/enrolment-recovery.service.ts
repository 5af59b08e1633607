import { DomainError } from '../../../kernel/errors.js';
import {
  type CertificateId,
  type EnrolmentId,
  type KeyRecoveryId,
  type ProfileId,
  type ProjectId,
  type UserId,
} from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type {
  KeyArchiveService,
  OwnedKey,
} from '../../certificates/key-archive/key-archive.service.js';
import type { RecoveredCertificateService } from '../../certificates/key-archive/recovered-certificate.service.js';
import type { Project } from '../../projects/project.service.js';
import type { KeyDeliveryService, KeyParcel } from '../keys/key-delivery.service.js';
import { readCertificateIds } from './certificate-ids.js';
import { IS_BACKED } from './key-recovery-rows.js';
import type { PreparedKeyService } from './prepared-key.service.js';

/** One earlier certificate that an order brings along; `recoveryId` is the approval behind it, null for self-service. */
export interface Chosen {
  readonly certificateId: CertificateId;
  readonly recoveryId: KeyRecoveryId | null;
}

/** An archived certificate of a user's, and the ways in which its key can be had now. */
interface Recoverable {
  readonly certificateId: CertificateId;
  readonly projectId: ProjectId;
  /** Whether this server has the recovery key. */
  readonly isOpenable: boolean;
  readonly recoveryId: KeyRecoveryId | null;
}

export interface RecoveryOrder {
  readonly userId: UserId;
  readonly project: Project;
  readonly certificateIds: readonly string[];
  /** Not: an order by somebody else, who needs an approval for each certificate. */
  readonly byHimself: boolean;
  /** Credentials that prove nothing for this order. */
  readonly excludedCredentials?: readonly string[];
}

const RECOVERING = '/mobile-id/recover';

const RECOVERABLE = `
  SELECT a.certificate_id AS "certificateId", p.project_id AS "projectId",
    (a.recovery_key_id = ANY($2)) AS "isOpenable",
    (SELECT r.id FROM key_recovery r
      WHERE r.user_id = p.user_id AND r.state = 'APPROVED' AND r.expires_at > now() AND ${IS_BACKED}
        AND a.certificate_id = ANY(r.certificate_ids)
        AND (a.recovery_key_id = ANY($2) OR EXISTS (
          SELECT 1 FROM prepared_key k WHERE k.recovery_id = r.id AND k.certificate_id = a.certificate_id))
      ORDER BY r.expires_at LIMIT 1) AS "recoveryId"
  FROM archived_key a JOIN certificate c ON c.id = a.certificate_id JOIN profile p ON p.id = c.profile_id
  WHERE p.user_id = $1 ORDER BY c.not_before DESC, c.id`;

/** Earlier encryption keys of a user, brought along into a new mobile ID of his. */
export class EnrolmentRecoveryService {
  constructor(
    private readonly ports: {
      readonly keyArchive: KeyArchiveService;
      readonly keyDelivery: KeyDeliveryService;
      readonly recoveredCertificates: RecoveredCertificateService;
      readonly access: AccessService;
      readonly preparedKeys: PreparedKeyService;
      readonly audit: AuditService;
    },
  ) {}

  /** What a user may bring along in each project: by its own settings, or as operators have approved. Newest first. */
  async of(
    scope: Scope,
    userId: UserId,
    projects: readonly Project[],
  ): Promise<RecoverableByProject> {
    const archived = await this.archivedOf(scope, userId);
    return new Map(
      projects.map((project) => [
        project.id,
        archived
          .filter((one) => mayRecover(one, { project, byHimself: true }))
          .map(({ certificateId }) => certificateId),
      ]),
    );
  }

  /**
   * What an order is to bring along. The caller holds the user's row lock.
   * @throws DomainError NOT_FOUND for what cannot be recovered here; INSUFFICIENT_USER_AUTHENTICATION or FORBIDDEN by the rules
   * for /mobile-id/recover, where no approval stands behind it
   */
  async choose(scope: ChangeScope, order: RecoveryOrder): Promise<Chosen[]> {
    const ids = readCertificateIds(order.certificateIds, 'input.recoverCertificateIds');
    if (ids.length === 0) return [];
    const archived = await this.archivedOf(scope, order.userId);
    const chosen = ids.map((id) => {
      const found = archived.find(({ certificateId }) => certificateId === id);
      if (found === undefined || !mayRecover(found, order)) throw new DomainError('NOT_FOUND');
      return { certificateId: id, recoveryId: found.recoveryId };
    });
    if (chosen.some(({ recoveryId }) => recoveryId === null)) {
      const { excludedCredentials = [] } = order;
      await this.ports.access.require(scope, RECOVERING, { isChange: true, excludedCredentials });
    }
    return chosen;
  }

  /** Remembers it with the order. */
  async bind(
    scope: ChangeScope,
    enrolmentId: EnrolmentId,
    chosen: readonly Chosen[],
  ): Promise<void> {
    if (chosen.length === 0) return;
    await scope.sql(
      'recovery.bind',
      `INSERT INTO enrolment_recovery (enrolment_id, certificate_id, recovery_id)
       SELECT $1, certificate_id, recovery_id FROM unnest($2::uuid[], $3::uuid[]) AS c (certificate_id, recovery_id)`,
      [
        enrolmentId,
        chosen.map(({ certificateId }) => certificateId),
        chosen.map(({ recoveryId }) => recoveryId),
      ],
    );
    const ids = chosen.map(({ certificateId }) => certificateId);
    await this.ports.audit.record(scope, {
      action: 'enrolment.recover',
      target: `enrolment:${enrolmentId}`,
      detail: ids.map((id) => `certificate:${id}`).join(' '),
    });
  }

  /** Whether this order brings something along, so that its phone has to name a key to wrap for. */
  async isBoundTo(scope: Scope, enrolmentId: EnrolmentId): Promise<boolean> {
    return (await this.boundTo(scope, enrolmentId)).length > 0;
  }

  /**
   * What an order may still bring along, asked before anything is issued.
   * @throws DomainError INVALID_TRANSITION where an approval ran out or was used meanwhile, or a key cannot be opened any more
   */
  async standing(
    scope: ChangeScope,
    enrolment: { readonly id: EnrolmentId; readonly userId: UserId | null },
    project: Project,
  ): Promise<Chosen[]> {
    const bound = await this.boundTo(scope, enrolment.id);
    if (bound.length === 0 || enrolment.userId === null) return [];
    const archived = await this.archivedOf(scope, enrolment.userId);
    return bound.map(({ certificateId, recoveryId }) => {
      const found = archived.find((one) => one.certificateId === certificateId);
      const byHimself = recoveryId === null;
      if (found === undefined || !mayRecover(found, { project, byHimself })) throw over();
      return { certificateId, recoveryId: byHimself ? null : found.recoveryId };
    });
  }

  /**
   * In the transaction that activates: uses up the approvals, opens the keys and wraps them for the phone.
   * @throws DomainError as {@link standing}, where that has changed in between
   */
  async recover(
    scope: ChangeScope,
    standing: readonly Chosen[],
    to: {
      enrolmentId: EnrolmentId;
      userId: UserId | null;
      profileId: ProfileId;
      parcel: KeyParcel;
    },
  ): Promise<void> {
    if (standing.length === 0) return;
    const { userId } = to;
    if (userId === null) throw over();
    const opened: { certificateId: CertificateId; pkcs8: Buffer }[] = [];
    try {
      for (const { certificateId, recoveryId } of standing) {
        const pkcs8 = await this.openFor(scope, { certificateId, userId }, recoveryId);
        opened.push({ certificateId, pkcs8 });
        await this.ports.keyDelivery.deliver(scope, { ...to, certificateId }, pkcs8);
        await this.bringAlong(scope, to.profileId, certificateId);
      }
    } finally {
      for (const { pkcs8 } of opened) pkcs8.fill(0);
    }
    await this.useUp(scope, to.enrolmentId, standing);
  }

  private async openFor(
    scope: ChangeScope,
    owned: OwnedKey,
    recoveryId: KeyRecoveryId | null,
  ): Promise<Buffer> {
    const opened = await this.ports.keyArchive.open(scope, owned);
    if (opened !== undefined) return opened;
    const prepared = recoveryId && (await this.ports.preparedKeys.open(scope, recoveryId, owned));
    if (!prepared) throw over();
    return prepared;
  }

  private async bringAlong(
    scope: ChangeScope,
    profileId: ProfileId,
    certificateId: CertificateId,
  ): Promise<void> {
    await this.ports.recoveredCertificates.bringAlong(scope, profileId, certificateId);
    await this.ports.audit.record(scope, {
      action: 'certificate.recover',
      target: `certificate:${certificateId}`,
      detail: `profile:${profileId}`,
    });
  }

  /** Each approval is good for one mobile ID. */
  private async useUp(
    scope: ChangeScope,
    enrolmentId: EnrolmentId,
    bound: readonly Chosen[],
  ): Promise<void> {
    const wanted = [...new Set(bound.flatMap(({ recoveryId }) => recoveryId ?? []))].sort();
    for (const id of wanted) {
      const used = await scope.sql(
        'recovery.use-up',
        `UPDATE key_recovery SET state = 'USED', used_at = now(), enrolment_id = $2
         WHERE id = $1 AND state = 'APPROVED' AND expires_at > now() RETURNING id`,
        [id, enrolmentId],
      );
      if (used.length === 0) throw over();
      await this.ports.preparedKeys.forget(scope, [id]);
      await this.ports.audit.record(scope, {
        action: 'key-recovery.use',
        target: `key-recovery:${id}`,
        detail: `enrolment:${enrolmentId}`,
      });
    }
  }

  private boundTo(scope: Scope, enrolmentId: EnrolmentId): Promise<Chosen[]> {
    return scope.sql<Chosen>(
      'recovery.bound-to',
      `SELECT certificate_id AS "certificateId", recovery_id AS "recoveryId" FROM enrolment_recovery
       WHERE enrolment_id = $1 ORDER BY certificate_id`,
      [enrolmentId],
    );
  }

  private archivedOf(scope: Scope, userId: UserId): Promise<Recoverable[]> {
    return scope.sql<Recoverable>('recovery.archived-of', RECOVERABLE, [
      userId,
      this.ports.keyArchive.openableBy,
    ]);
  }
}

export type RecoverableByProject = ReadonlyMap<ProjectId, readonly CertificateId[]>;

/** Within the project it was issued in: by an approval, or by himself where the project wants that and the server can. */
function mayRecover(
  { projectId, isOpenable, recoveryId }: Recoverable,
  { project, byHimself }: Pick<RecoveryOrder, 'project' | 'byHimself'>,
): boolean {
  if (projectId !== project.id) return false;
  const isAllowed = byHimself && isOpenable && project.settings.recoverEncryptionCertificates;
  return recoveryId !== null || isAllowed;
}

function over(): DomainError {
  return new DomainError('INVALID_TRANSITION', { reason: 'RECOVERY_OVER' });
}
