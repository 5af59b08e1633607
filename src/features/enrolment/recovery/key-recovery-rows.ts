import type { ChangeScope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { KeyRecovery } from './key-recovery.entity.js';

export const KEY_RECOVERY_COLUMNS = `id, user_id AS "userId", certificate_ids AS "certificateIds", reason, state,
  requested_by AS "requestedBy", created_at AS "createdAt", expires_at AS "expiresAt", approved_at AS "approvedAt",
  used_at AS "usedAt", enrolment_id AS "enrolmentId"`;

const OPERATES = `u.state = 'ACTIVE' AND u.roles && ARRAY['OPERATOR', 'ADMIN']`;

/**
 * Of a `key_recovery r`: who asked for it and two who have approved it are operators at this moment. Asked when it is approved,
 * and again whenever it is used: who is locked, or has lost the role, lets no key out any more.
 */
export const IS_BACKED = `(
  EXISTS (SELECT 1 FROM app_user u WHERE u.id = r.requested_by AND ${OPERATES})
  AND 2 <= (SELECT count(*) FROM key_recovery_approval v JOIN app_user u ON u.id = v.approver_id
            WHERE v.recovery_id = r.id AND ${OPERATES}))`;

/** What became of a key recovery. */
export async function recordRecovery(
  audit: AuditService,
  scope: ChangeScope,
  { id, userId }: Pick<KeyRecovery, 'id' | 'userId'>,
  { what, detail }: { readonly what: string; readonly detail?: string | undefined },
): Promise<void> {
  await audit.record(scope, {
    action: `key-recovery.${what}`,
    target: `key-recovery:${id}`,
    detail: [`user:${userId}`, detail].filter((part) => part !== undefined).join(' '),
  });
}
