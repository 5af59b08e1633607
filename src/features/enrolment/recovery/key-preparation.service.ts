import type { CertificateId, KeyRecoveryId, UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type {
  KeyArchiveService,
  OwnedKey,
} from '../../certificates/key-archive/key-archive.service.js';
import { IS_BACKED } from './key-recovery-rows.js';
import type { PreparedKeyService } from './prepared-key.service.js';

/** An approved recovery that waits for the recovery key. */
export interface WaitingRecovery {
  readonly id: KeyRecoveryId;
  readonly username: string;
  readonly reason: string;
  readonly expiresAt: Date;
  readonly certificateIds: readonly CertificateId[];
  readonly recoveryKeyIds: readonly string[];
}

/**
 * Opens what two approvers have let go, where the recovery key is: from then on, and until the approval is used or runs out, the
 * server has those keys sealed under its own.
 */
export class KeyPreparationService {
  constructor(
    private readonly ports: {
      readonly keyArchive: KeyArchiveService;
      readonly preparedKeys: PreparedKeyService;
      readonly audit: AuditService;
    },
  ) {}

  /** The approval that runs out first comes first. */
  waiting(scope: Scope): Promise<WaitingRecovery[]> {
    return scope.sql<WaitingRecovery>(
      'key-preparation.waiting',
      `SELECT r.id, u.username, r.reason, r.expires_at AS "expiresAt",
         array_agg(a.certificate_id ORDER BY a.certificate_id) AS "certificateIds",
         array_agg(DISTINCT a.recovery_key_id) AS "recoveryKeyIds"
       FROM key_recovery r JOIN app_user u ON u.id = r.user_id
         JOIN archived_key a ON a.certificate_id = ANY(r.certificate_ids)
       WHERE r.state = 'APPROVED' AND r.expires_at > now() AND ${IS_BACKED} AND NOT EXISTS (
         SELECT 1 FROM prepared_key k WHERE k.recovery_id = r.id AND k.certificate_id = a.certificate_id)
       GROUP BY r.id, u.username ORDER BY r.expires_at, r.id`,
      [],
    );
  }

  /**
   * One of those that wait.
   * @returns how many keys were opened; the others are archived for a recovery key that is not at hand
   */
  async prepare(scope: ChangeScope, { id, certificateIds }: WaitingRecovery): Promise<number> {
    const [standing] = await scope.sql<{ userId: UserId }>(
      'key-preparation.lock',
      `SELECT user_id AS "userId" FROM key_recovery r
       WHERE id = $1 AND state = 'APPROVED' AND expires_at > now() AND ${IS_BACKED} FOR UPDATE OF r`,
      [id],
    );
    if (standing === undefined) return 0;
    const { userId } = standing;
    const opened: CertificateId[] = [];
    for (const certificateId of certificateIds) {
      if (await this.open(scope, id, { certificateId, userId })) opened.push(certificateId);
    }
    if (opened.length > 0) {
      await this.ports.audit.record(scope, {
        action: 'key-recovery.prepare',
        target: `key-recovery:${id}`,
        detail: opened.map((each) => `certificate:${each}`).join(' '),
      });
    }
    return opened.length;
  }

  private async open(scope: ChangeScope, id: KeyRecoveryId, owned: OwnedKey): Promise<boolean> {
    const pkcs8 = await this.ports.keyArchive.open(scope, owned);
    if (pkcs8 === undefined) return false;
    try {
      await this.ports.preparedKeys.keep(scope, id, owned, pkcs8);
      return true;
    } finally {
      pkcs8.fill(0);
    }
  }
}
