import type { UserId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { KeyRecovery } from './key-recovery.entity.js';
import { IS_BACKED, KEY_RECOVERY_COLUMNS, recordRecovery } from './key-recovery-rows.js';
import type { PreparedKeyService } from './prepared-key.service.js';

const BATCH = 500;
const OF_HOLDER = `user_id = $1 AND state IN ('REQUESTED', 'APPROVED')`;
const OF_OPERATOR = `state = 'APPROVED' AND NOT ${IS_BACKED} AND (requested_by = $1 OR EXISTS (
  SELECT 1 FROM key_recovery_approval v WHERE v.recovery_id = r.id AND v.approver_id = $1))`;

/** How key recoveries end that are not used; what was prepared for them is forgotten. */
export class KeyRecoveryEndService {
  constructor(
    private readonly ports: {
      readonly audit: AuditService;
      readonly preparedKeys: PreparedKeyService;
    },
  ) {}

  /** @param open locked by the caller */
  async end(
    scope: ChangeScope,
    open: readonly KeyRecovery[],
    { state, detail }: { readonly state: 'REJECTED' | 'EXPIRED'; readonly detail?: string },
  ): Promise<void> {
    if (open.length === 0) return;
    const ids = open.map(({ id }) => id);
    await scope.sql('key-recovery.end', 'UPDATE key_recovery SET state = $2 WHERE id = ANY($1)', [
      ids,
      state,
    ]);
    await this.ports.preparedKeys.forget(scope, ids);
    const what = state === 'REJECTED' ? 'reject' : 'expire';
    for (const each of open) await recordRecovery(this.ports.audit, scope, each, { what, detail });
  }

  /** A holder who is locked gets no mobile ID any more. */
  async endAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const open = await this.lockOpen(scope, ['holder', OF_HOLDER], userId);
    await this.end(scope, open, { state: 'REJECTED' });
  }

  /** Of what an operator has asked for or approved, who is none any more, nothing that rests on it stays approved. */
  async endUnbacked(scope: ChangeScope, operatorId: UserId): Promise<void> {
    const open = await this.lockOpen(scope, ['operator', OF_OPERATOR], operatorId);
    await this.end(scope, open, { state: 'REJECTED', detail: `without user:${operatorId}` });
  }

  /** What has run out becomes EXPIRED. */
  async expire(scope: ChangeScope): Promise<void> {
    const overdue = await scope.sql<KeyRecovery>(
      'key-recovery.overdue',
      `SELECT ${KEY_RECOVERY_COLUMNS} FROM key_recovery WHERE state IN ('REQUESTED', 'APPROVED') AND expires_at <= now()
       LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    await this.end(scope, overdue, { state: 'EXPIRED' });
  }

  /** In the order of their ids, so that nobody waits in a circle. */
  private lockOpen(
    scope: ChangeScope,
    [name, condition]: readonly [string, string],
    userId: UserId,
  ): Promise<KeyRecovery[]> {
    return scope.sql<KeyRecovery>(
      `key-recovery.lock-open-of-${name}`,
      `SELECT ${KEY_RECOVERY_COLUMNS} FROM key_recovery r WHERE ${condition} ORDER BY id FOR UPDATE OF r`,
      [userId],
    );
  }
}
