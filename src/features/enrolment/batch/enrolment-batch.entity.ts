import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { ProblemCode } from '../../../kernel/errors.js';
import type {
  ApiClientId,
  EnrolmentBatchId,
  EnrolmentId,
  ProjectId,
  SessionId,
  UserId,
} from '../../../kernel/ids.js';
import type { DeliveryChannel } from '../../projects/project.service.js';
import type { BatchItemState, BatchState } from './batch-state.js';

/** Orders for many users, placed one after the other by a job. */
@Entity('enrolment_batch')
@Index('enrolment_batch_idempotency', ['orderedBy', 'idempotencyKey'], {
  unique: true,
  where: 'idempotency_key IS NOT NULL',
})
@Index('enrolment_batch_running', ['orderedBy'], { where: `state = 'RUNNING'` })
@Index('enrolment_batch_by_creation', ['createdAt', 'id'])
export class EnrolmentBatchEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'enrolment_batch_pkey' })
  id!: EnrolmentBatchId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('text') state!: BatchState;
  @Column('text') channel!: DeliveryChannel;
  @Column('text', { array: true }) certificates!: CertificateKind[];
  @Column('integer', { name: 'validity_days', nullable: true }) validityDays!: number | null;
  @Column('boolean', { name: 'skips_holders' }) skipsHolders!: boolean;
  @Column('integer') total!: number;
  @Column('integer', { default: 0 }) ordered!: number;
  @Column('integer', { default: 0 }) skipped!: number;
  @Column('integer', { default: 0 }) failed!: number;
  /** A user, or an API client. */
  @Column('uuid', { name: 'ordered_by' }) orderedBy!: UserId | ApiClientId;
  /** Null of an API client. */
  @Column('uuid', { name: 'ordered_in_session', nullable: true })
  orderedInSession!: SessionId | null;
  /** Of the API client's token. */
  @Column('text', { array: true }) scopes!: string[];
  @Column('text', { name: 'idempotency_key', nullable: true }) idempotencyKey!: string | null;
  @Column('bytea', { name: 'order_digest' }) orderDigest!: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

/** What has become of one user's order. */
@Entity('enrolment_batch_item')
@Index('enrolment_batch_item_pending', ['batchId', 'position'], { where: `state = 'PENDING'` })
@Index('enrolment_batch_item_failed', ['batchId', 'position'], { where: `state = 'FAILED'` })
@Index('enrolment_batch_item_user', ['batchId', 'userId'], { unique: true })
export class EnrolmentBatchItem {
  @PrimaryColumn('uuid', {
    name: 'batch_id',
    primaryKeyConstraintName: 'enrolment_batch_item_pkey',
  })
  batchId!: EnrolmentBatchId;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'enrolment_batch_item_pkey' })
  position!: number;
  @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Column('text', { default: 'PENDING' }) state!: BatchItemState;
  /** That ended in an error which nobody foresaw. */
  @Column('integer', { default: 0 }) attempts!: number;
  @Column('uuid', { name: 'enrolment_id', nullable: true }) enrolmentId!: EnrolmentId | null;
  @Column('text', { name: 'failure_code', nullable: true }) failureCode!: ProblemCode | null;
  @Column('text', { name: 'failure_reason', nullable: true }) failureReason!: string | null;
}
