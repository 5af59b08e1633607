import { Column, Entity, Generated, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type {
  ProfileId,
  ProjectId,
  WebhookDeliveryId,
  WebhookEndpointId,
  WebhookSecretId,
} from '../../kernel/ids.js';
import type { PostProblem } from '../../platform/guarded-post.js';
import type { WebhookEventType } from './webhook-event-types.js';

/** Why an endpoint is turned off. */
export const DISABLED_REASONS = ['ADMINISTRATOR', 'FAILING', 'GONE'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

export const DELIVERY_STATES = ['PENDING', 'DELIVERED', 'FAILED'] as const;
export type WebhookDeliveryState = (typeof DELIVERY_STATES)[number];

/** Where a host system wants to be told, and how far it has been. */
@Entity('webhook_endpoint')
@Index('webhook_endpoint_by_project', ['projectId', 'createdAt'])
export class WebhookEndpointEntity {
  @PrimaryColumn('uuid') id!: WebhookEndpointId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('text') url!: string;
  @Column('text') description!: string;
  /** Empty: all. */
  @Column('text', { name: 'event_types', array: true }) eventTypes!: WebhookEventType[];
  @Column('text', { name: 'alert_email', nullable: true }) alertEmail!: string | null;
  @Column('boolean') enabled!: boolean;
  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason!: DisabledReason | null;
  @Column('timestamptz', { name: 'disabled_at', nullable: true }) disabledAt!: Date | null;
  /** Since when nothing has arrived that was sent; null where the last one has. */
  @Column('timestamptz', { name: 'failing_since', nullable: true }) failingSince!: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

/** Behind which event of one log an endpoint stands: all up to there became deliveries, or did not concern it. */
@Entity('webhook_position')
export class WebhookPositionEntity {
  @PrimaryColumn('uuid', { name: 'endpoint_id' }) endpointId!: WebhookEndpointId;
  @PrimaryColumn('text') log!: string;
  @Column('integer') epoch!: number;
  @Column('bigint') xid!: string;
  @Column('bigint') number!: string;
  /** What was past already when the endpoint began to listen; null once it was asked for. */
  @Column('integer', { name: 'since_epoch', nullable: true }) sinceEpoch!: number | null;
  @Column('text', { name: 'since_snapshot', nullable: true }) sinceSnapshot!: string | null;
}

/** Sealed, as it is needed for each signature. Several sign at the same time while a rotation is under way. */
@Entity('webhook_secret')
export class WebhookSecretEntity {
  @PrimaryColumn('uuid') id!: WebhookSecretId;
  @Index('webhook_secret_by_endpoint')
  @Column('uuid', { name: 'endpoint_id' })
  endpointId!: WebhookEndpointId;
  @Column('bytea') sealed!: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** Null for the latest. */
  @Index('webhook_secret_by_end')
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;
}

/** One attempt, as the delivery log keeps it. */
export interface LoggedAttempt {
  /** ISO 8601. */
  readonly at: string;
  /** Null where there was no answer. */
  readonly status: number | null;
  readonly problem: PostProblem | null;
  readonly milliseconds: number;
}

/** One event for one endpoint. */
@Entity('webhook_delivery')
@Index('webhook_delivery_once', ['endpointId', 'eventId'], { unique: true })
@Index('webhook_delivery_by_creation', ['endpointId', 'createdAt', 'id'])
@Index('webhook_delivery_due', ['endpointId', 'nextAttemptAt', 'sequence'], {
  where: `state = 'PENDING'`,
})
@Index('webhook_delivery_by_subject', ['endpointId', 'subject', 'sequence'], {
  where: `state = 'PENDING'`,
})
@Index('webhook_delivery_finished', ['finishedAt'], { where: `state <> 'PENDING'` })
export class WebhookDeliveryEntity {
  @PrimaryColumn('uuid') id!: WebhookDeliveryId;
  @Column('uuid', { name: 'endpoint_id' }) endpointId!: WebhookEndpointId;
  /** The `webhook-id`. */
  @Column('text', { name: 'event_id' }) eventId!: string;
  @Column('text') type!: string;
  /** What the event is about: one thing after the other is told of the same, where nothing fails. */
  @Column('text') subject!: string;
  /** In the order of the events. */
  @Generated('identity' as 'increment') // TypeORM's types know identity columns as primary keys alone
  @Column({ type: 'bigint', generatedIdentity: 'ALWAYS' })
  sequence!: string;
  @Column('text') payload!: string;
  @Column('text') state!: WebhookDeliveryState;
  @Column('integer', { default: 0 }) attempts!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** When the patience began that ends after three days. */
  @Column('timestamptz', { name: 'due_since' }) dueSince!: Date;
  @Column('timestamptz', { name: 'next_attempt_at' }) nextAttemptAt!: Date;
  /** Whose attempt is under way, and until when its silence is taken for that. */
  @Column('uuid', { nullable: true }) lease!: string | null;
  @Column('timestamptz', { name: 'leased_until', nullable: true }) leasedUntil!: Date | null;
  @Column('jsonb', { name: 'attempt_log', default: [] }) attemptLog!: LoggedAttempt[];
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

/** What became of mobile IDs after they were made, in the order in which it was written. */
@Entity('profile_event')
@Index('profile_event_by_project', ['projectId', 'epoch', 'xid', 'number'])
@Index('profile_event_by_profile', ['profileId', 'number'])
export class ProfileEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  number!: string;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  @Column('text') state!: string;
  @Column('timestamptz', { default: () => 'now()' }) at!: Date;
  @Column('integer', { default: () => 'project_log_epoch()' }) epoch!: number;
  @Column('bigint', { default: () => 'project_log_xid()' }) xid!: string;
}
