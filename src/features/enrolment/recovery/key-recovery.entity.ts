import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { CertificateId, EnrolmentId, KeyRecoveryId, UserId } from '../../../kernel/ids.js';
import type { KeyRecoveryState } from './key-recovery-state.js';

/** An operator's request that a user gets earlier encryption keys onto his next phone. */
@Entity('key_recovery')
@Index('key_recovery_by_creation', ['createdAt', 'id'])
@Index('key_recovery_open_by_expiry', ['expiresAt'], {
  where: `state IN ('REQUESTED', 'APPROVED')`,
})
export class KeyRecovery {
  @PrimaryColumn('uuid') id!: KeyRecoveryId;
  /** The holder. */
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Column('uuid', { array: true, name: 'certificate_ids' }) certificateIds!: CertificateId[];
  @Column('text') reason!: string;
  @Column('text') state!: KeyRecoveryState;
  @Column('uuid', { name: 'requested_by' }) requestedBy!: UserId;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** Of the request, and once it is approved of the approval. */
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'approved_at', nullable: true }) approvedAt!: Date | null;
  @Column('timestamptz', { name: 'used_at', nullable: true }) usedAt!: Date | null;
  /** The enrolment that it was used for. */
  @Column('uuid', { name: 'enrolment_id', nullable: true }) enrolmentId!: EnrolmentId | null;
}

/** One of the two. */
@Entity('key_recovery_approval')
export class KeyRecoveryApproval {
  @PrimaryColumn('uuid', { name: 'recovery_id' }) recoveryId!: KeyRecoveryId;
  @PrimaryColumn('uuid', { name: 'approver_id' }) approverId!: UserId;
  @Column('timestamptz') at!: Date;
}

/** An approved key, opened where the recovery key is: for as long as the approval lasts. */
@Entity('prepared_key')
@ForeignKey('ArchivedKey', ['certificateId'], ['certificateId'], {
  name: 'prepared_key_is_archived',
})
export class PreparedKey {
  @PrimaryColumn('uuid', { name: 'recovery_id' }) recoveryId!: KeyRecoveryId;
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  /** PKCS #8, sealed with AES-256-GCM under a key derived from MASTER_KEY. */
  @Column('bytea', { name: 'sealed_key' }) sealedKey!: Buffer;
}

/** What an order is to bring along, and whose leave it has: an approval, or else the project's own for its users. */
@Entity('enrolment_recovery')
@ForeignKey('ArchivedKey', ['certificateId'], ['certificateId'], {
  name: 'enrolment_recovery_of_archived',
})
export class EnrolmentRecovery {
  @PrimaryColumn('uuid', { name: 'enrolment_id' }) enrolmentId!: EnrolmentId;
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  @Column('uuid', { name: 'recovery_id', nullable: true }) recoveryId!: KeyRecoveryId | null;
}
