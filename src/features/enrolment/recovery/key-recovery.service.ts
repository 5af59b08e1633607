import { projectLimitOf, type UserActor } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import {
  newId,
  parseId,
  type CertificateId,
  type KeyRecoveryId,
  type UserId,
} from '../../../kernel/ids.js';
import type { PageRequest } from '../../../kernel/pagination.js';
import { textProblem } from '../../../kernel/text.js';
import { keysetPage, type Condition, type CountedPage } from '../../../platform/database/keyset.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { UserService } from '../../users/user.service.js';
import type { KeyRecovery } from './key-recovery.entity.js';
import { readCertificateIds } from './certificate-ids.js';
import type { KeyRecoveryEndService } from './key-recovery-end.service.js';
import { IS_BACKED, KEY_RECOVERY_COLUMNS, recordRecovery } from './key-recovery-rows.js';
import type { KeyRecoveryState } from './key-recovery-state.js';

export type { KeyRecovery };

export interface KeyRecoveryRequest {
  readonly userId: string;
  readonly certificateIds: readonly string[];
  readonly reason: string;
}

export interface Approval {
  readonly approverId: UserId;
  readonly at: Date;
}

const REASON = { max: 500, multiline: true };
/** Within it a request has to find its approvers, and an approval its mobile ID. */
const REQUEST_HOURS = 7 * 24;
const APPROVAL_HOURS = 24;

/** Recovery of a user's encryption keys as operators ask for it: one asks, two others approve. */
export class KeyRecoveryService {
  constructor(
    private readonly ports: {
      readonly users: UserService;
      readonly keyRecoveryEnds: KeyRecoveryEndService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * @throws DomainError NOT_FOUND for a user, or for certificates that are not his or not archived; FORBIDDEN for who lacks one
   * of his roles, or is no person; USER_NOT_ACTIVE for one who is locked, and gets no mobile ID any more; INVALID_INPUT
   */
  async request(scope: ChangeScope, wanted: KeyRecoveryRequest): Promise<KeyRecovery> {
    const actor = personOf(scope);
    const certificateIds = readCertificateIds(wanted.certificateIds, 'input.certificateIds');
    if (certificateIds.length === 0) {
      throw invalidInput('input.certificateIds', 'Name at least one.');
    }
    const problem = textProblem(wanted.reason, REASON);
    if (problem !== undefined) throw invalidInput('input.reason', problem);
    const user = await this.ports.users.getLocked(scope, wanted.userId);
    await this.ports.users.requireAuthorityOver(scope, user);
    if (user.state === 'LOCKED') throw new DomainError('USER_NOT_ACTIVE');
    await refuseUnknown(scope, user.id, certificateIds);
    const [row] = await scope.sql<KeyRecovery>(
      'key-recovery.request',
      `INSERT INTO key_recovery (id, user_id, certificate_ids, reason, state, requested_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, 'REQUESTED', $5, now(), now() + make_interval(hours => $6)) RETURNING ${KEY_RECOVERY_COLUMNS}`,
      [newId(), user.id, certificateIds, wanted.reason, actor.userId, REQUEST_HOURS],
    );
    if (row === undefined) throw new Error('The request was not stored.');
    await this.record(
      scope,
      row,
      'request',
      certificateIds.map((id) => `certificate:${id}`).join(' '),
    );
    return row;
  }

  /**
   * The second of two approvers makes it APPROVED.
   * @throws DomainError NOT_FOUND; FORBIDDEN for who asked for it, for the holder, for who has approved it already, and for who
   * lacks one of the holder's roles; INVALID_TRANSITION where it is decided or has run out
   */
  async approve(scope: ChangeScope, id: string): Promise<KeyRecovery> {
    const actor = personOf(scope);
    const recovery = await this.lock(scope, id);
    await this.refuseInvolved(scope, actor, recovery);
    if (recovery.state !== 'REQUESTED' || recovery.expiresAt <= scope.now) throw decided(recovery);
    const added = await scope.sql(
      'key-recovery.approve',
      `INSERT INTO key_recovery_approval (recovery_id, approver_id, at) VALUES ($1, $2, now())
       ON CONFLICT DO NOTHING RETURNING approver_id`,
      [recovery.id, actor.userId],
    );
    if (added.length === 0) throw new DomainError('FORBIDDEN', { reason: 'APPROVED_BEFORE' });
    await this.record(scope, recovery, 'approve');
    return (await this.isBacked(scope, recovery)) ? this.grant(scope, recovery) : recovery;
  }

  /** Also withdraws an approval that was not used yet. @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_INPUT, INVALID_TRANSITION */
  async reject(scope: ChangeScope, id: string, reason: string | null = null): Promise<KeyRecovery> {
    personOf(scope);
    const problem = reason === null ? undefined : textProblem(reason, REASON);
    if (problem !== undefined) throw invalidInput('reason', problem);
    const recovery = await this.lock(scope, id);
    const user = await this.ports.users.get(scope, recovery.userId);
    await this.ports.users.requireAuthorityOver(scope, user);
    if (recovery.state !== 'REQUESTED' && recovery.state !== 'APPROVED') throw decided(recovery);
    const detail = reason === null ? {} : { detail: reason };
    await this.ports.keyRecoveryEnds.end(scope, [recovery], { state: 'REJECTED', ...detail });
    return Object.assign(recovery, { state: 'REJECTED' as const });
  }

  list(
    scope: Scope,
    filter: { readonly state?: KeyRecoveryState | undefined },
    page: PageRequest,
  ): Promise<CountedPage<KeyRecovery>> {
    // Clients get here by a rule of their own only; a recovery shows certificates of any project.
    if (projectLimitOf(scope.actor) !== undefined) throw new DomainError('FORBIDDEN');
    const wanted: [string, unknown][] = [['state = ?', filter.state]];
    const conditions = wanted.filter((c): c is [string, unknown] & Condition => c[1] !== undefined);
    return keysetPage<KeyRecovery>(
      scope,
      { table: 'key_recovery', columns: KEY_RECOVERY_COLUMNS, conditions },
      page,
    );
  }

  /** Whether some key of it lies under a recovery key that is not at hand, and has not been opened elsewhere. */
  async awaitsKey(
    scope: Scope,
    id: KeyRecoveryId,
    openableBy: readonly string[],
  ): Promise<boolean> {
    const waiting = await scope.sql(
      'key-recovery.awaits-key',
      `SELECT 1 FROM key_recovery r JOIN archived_key a ON a.certificate_id = ANY(r.certificate_ids)
       WHERE r.id = $1 AND NOT a.recovery_key_id = ANY($2) AND NOT EXISTS (
         SELECT 1 FROM prepared_key k WHERE k.recovery_id = r.id AND k.certificate_id = a.certificate_id)`,
      [id, openableBy],
    );
    return waiting.length > 0;
  }

  /** Oldest first. */
  approvalsOf(scope: Scope, id: KeyRecoveryId): Promise<Approval[]> {
    return scope.sql<Approval>(
      'key-recovery.approvals',
      'SELECT approver_id AS "approverId", at FROM key_recovery_approval WHERE recovery_id = $1 ORDER BY at',
      [id],
    );
  }

  /** Of approvers who were locked, or lost their role, in the meantime nothing counts; the same goes for who asked. */
  private async isBacked(scope: Scope, { id }: KeyRecovery): Promise<boolean> {
    const backed = await scope.sql(
      'key-recovery.is-backed',
      `SELECT 1 AS backed FROM key_recovery r WHERE r.id = $1 AND ${IS_BACKED}`,
      [id],
    );
    return backed.length > 0;
  }

  private async grant(scope: ChangeScope, { id }: KeyRecovery): Promise<KeyRecovery> {
    const [granted] = await scope.sql<KeyRecovery>(
      'key-recovery.grant',
      `UPDATE key_recovery SET state = 'APPROVED', approved_at = now(), expires_at = now() + make_interval(hours => $2)
       WHERE id = $1 AND state = 'REQUESTED' RETURNING ${KEY_RECOVERY_COLUMNS}`,
      [id, APPROVAL_HOURS],
    );
    if (granted === undefined) throw new Error('The locked request has changed.');
    await this.record(scope, granted, 'grant');
    return granted;
  }

  private async refuseInvolved(
    scope: Scope,
    { userId }: UserActor,
    recovery: KeyRecovery,
  ): Promise<void> {
    if (userId === recovery.requestedBy || userId === recovery.userId) {
      throw new DomainError('FORBIDDEN', { reason: 'INVOLVED' });
    }
    const user = await this.ports.users.get(scope, recovery.userId);
    await this.ports.users.requireAuthorityOver(scope, user);
  }

  private async lock(scope: ChangeScope, id: string): Promise<KeyRecovery> {
    const recoveryId = parseId<KeyRecoveryId>(id);
    const [row] = await scope.sql<KeyRecovery>(
      'key-recovery.lock',
      `SELECT ${KEY_RECOVERY_COLUMNS} FROM key_recovery WHERE id = $1 FOR UPDATE`,
      [recoveryId ?? null],
    );
    if (row === undefined) throw new DomainError('NOT_FOUND');
    return row;
  }

  private record(
    scope: ChangeScope,
    recovery: KeyRecovery,
    what: 'request' | 'approve' | 'grant',
    detail?: string,
  ): Promise<void> {
    return recordRecovery(this.ports.audit, scope, recovery, { what, detail });
  }
}

/** Four eyes are eyes: an application neither asks nor approves. @throws DomainError FORBIDDEN, UNAUTHENTICATED */
function personOf({ actor }: Scope): UserActor {
  if (actor.kind === 'client') throw new DomainError('FORBIDDEN');
  if (actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED');
  return actor;
}

/** @throws DomainError NOT_FOUND */
async function refuseUnknown(
  scope: Scope,
  userId: UserId,
  certificateIds: readonly CertificateId[],
): Promise<void> {
  const known = await scope.sql(
    'key-recovery.archived',
    `SELECT a.certificate_id FROM archived_key a JOIN certificate c ON c.id = a.certificate_id
       JOIN profile p ON p.id = c.profile_id
     WHERE p.user_id = $1 AND a.certificate_id = ANY($2)`,
    [userId, certificateIds],
  );
  if (known.length < certificateIds.length) throw new DomainError('NOT_FOUND');
}

function decided({ state }: KeyRecovery): DomainError {
  return new DomainError('INVALID_TRANSITION', { from: state });
}
