import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import type { ProblemCode } from '../../kernel/errors.js';
import type {
  ApiClientId,
  DeviceId,
  EnrolmentId,
  ProfileId,
  ProjectId,
  SessionId,
  UserId,
} from '../../kernel/ids.js';
import type { CertificateTerms } from '../certificates/profiles/certificate-profile.service.js';
import type { DeliveryChannel, DeviceConfirmation } from '../projects/project.service.js';
import type { DeliveryState } from './delivery-state.js';
import type { EnrolmentStatus } from './enrolment-status.js';

/** One run of "get mobile ID". What the project's settings said at the order stays valid for the whole run. */
@Entity('enrolment')
@Index('enrolment_by_user', ['userId', 'projectId'])
@Index('enrolment_one_open_per_user', ['projectId', 'userId'], {
  unique: true,
  where: `status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED')`,
})
@Index('enrolment_one_open_per_device', ['projectId', 'deviceThumbprint'], {
  unique: true,
  where: `user_id IS NULL AND status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED')`,
})
@Index('enrolment_idempotency', ['orderedBy', 'idempotencyKey'], {
  unique: true,
  where: 'idempotency_key IS NOT NULL',
})
@Index('enrolment_open_by_deadline', ['expiresAt'], {
  where: `status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED')`,
})
@Index('enrolment_waiting_by_code', ['codeExpiresAt'], { where: `status = 'WAITING_FOR_SCAN'` })
@Index('enrolment_exhausted', ['confirmationCountedAt'], {
  where: `status = 'AWAITING_CONFIRMATION' AND confirmation_attempts >= 5`,
})
@Index('enrolment_by_orderer', ['orderedBy'])
@Index('enrolment_by_creation', ['createdAt', 'id'])
@Index('enrolment_by_project', ['projectId', 'createdAt', 'id'])
export class Enrolment {
  @PrimaryColumn('uuid') id!: EnrolmentId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  /** Null where a phone came by a project's activation code: nobody is known then. */
  @Column('uuid', { name: 'user_id', nullable: true }) userId!: UserId | null;
  /** Revoked in the transaction that makes the new profile. */
  @Column('uuid', { name: 'replaces_profile_id', nullable: true })
  replacesProfileId!: ProfileId | null;
  @Column('text') status!: EnrolmentStatus;
  @Column('text', { array: true }) certificates!: CertificateKind[];
  /** Whether the server makes the encryption key, and archives it. */
  @Column('boolean', { name: 'archives_keys', default: false }) archivesKeys!: boolean;
  /** Null where a phone came by a project's activation code: nothing was delivered. */
  @Column('text', { nullable: true }) channel!: DeliveryChannel | null;
  /** Of the mail or text message that carries the code; null where there is none, or none was sent yet. */
  @Column('text', { nullable: true }) delivery!: DeliveryState | null;
  /** When the link of the mail or text message was first opened. */
  @Column('timestamptz', { name: 'opened_at', nullable: true }) openedAt!: Date | null;
  @Column('text') confirmation!: DeviceConfirmation;
  @Column('integer', { name: 'validity_days' }) validityDays!: number;
  @Column('jsonb', { name: 'certificate_terms', default: {} }) certificateTerms!: CertificateTerms;
  @Column('integer', { name: 'profile_limit' }) profileLimit!: number;
  @Column('text', { name: 'server_name' }) serverName!: string;
  @Column('text', { name: 'profile_name' }) profileName!: string;
  /** Null where it is not known before the activation. */
  @Column('text', { name: 'account_name', nullable: true }) accountName!: string | null;

  /** Counts the codes; the code itself follows from the id, this number and a key. */
  @Column('integer') generation!: number;
  @Column('integer', { name: 'code_ttl_seconds' }) codeTtlSeconds!: number;
  @Column('timestamptz', { name: 'code_expires_at' }) codeExpiresAt!: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'completed_at', nullable: true }) completedAt!: Date | null;
  /** Number of the last event in the log. */
  @Column('integer', { name: 'last_event' }) lastEvent!: number;

  /** Null where nobody has ordered: a phone came by a project's activation code, or Signet itself has invited. */
  @Column('uuid', { name: 'ordered_by', nullable: true }) orderedBy!: UserId | ApiClientId | null;
  /** Null where an API client has ordered. */
  @Column('uuid', { name: 'ordered_in_session', nullable: true })
  orderedInSession!: SessionId | null;
  @Column('text', { name: 'idempotency_key', nullable: true }) idempotencyKey!: string | null;
  @Column('bytea', { name: 'order_digest', nullable: true }) orderDigest!: Buffer | null;

  @Column('uuid', { name: 'device_id', nullable: true }) deviceId!: DeviceId | null;
  @Column('text', { name: 'device_thumbprint', nullable: true }) deviceThumbprint!: string | null;
  @Column('integer', { name: 'confirmation_attempts', default: 0 }) confirmationAttempts!: number;
  /** When the last attempt was counted, which is compared right after that. */
  @Column('timestamptz', { name: 'confirmation_counted_at', nullable: true })
  confirmationCountedAt!: Date | null;
  /** Of the requests that the phone sent: the same ones may be sent again, others may not. */
  @Column('bytea', { name: 'requests_digest', nullable: true }) requestsDigest!: Buffer | null;
  @Column('uuid', { name: 'profile_id', nullable: true }) profileId!: ProfileId | null;
  @Column('text', { name: 'failure_code', nullable: true }) failureCode!: ProblemCode | null;
}

/** Every code that an enrolment ever had, so that an old one is told from an unknown one. */
@Entity('enrolment_code')
export class EnrolmentCode {
  @PrimaryColumn('bytea', { name: 'code_hash' }) codeHash!: Buffer;
  @Index() @Column('uuid', { name: 'enrolment_id' }) enrolmentId!: EnrolmentId;
  @Column('integer') generation!: number;
}

/**
 * What happened, in order: the number is given under the enrolment's row lock and has no gaps. Within the project the order is that
 * of epoch, transaction and `log_number`.
 */
@Entity('enrolment_event')
@Index('enrolment_event_by_project', ['projectId', 'epoch', 'xid', 'logNumber'])
export class EnrolmentEvent {
  @PrimaryColumn('uuid', { name: 'enrolment_id' }) enrolmentId!: EnrolmentId;
  @PrimaryColumn('integer') number!: number;
  @Column('text') status!: EnrolmentStatus;
  @Column('timestamptz') at!: Date;
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('integer', { default: () => 'project_log_epoch()' }) epoch!: number;
  @Column('bigint', { default: () => 'project_log_xid()' }) xid!: string;
  /** TypeORM's types know identity columns as primary keys alone. */
  @Generated('identity' as 'increment')
  @Column({ type: 'bigint', name: 'log_number', generatedIdentity: 'ALWAYS' })
  logNumber!: string;
}
