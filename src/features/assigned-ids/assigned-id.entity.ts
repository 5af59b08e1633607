import { Check, Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';
import type { AssignedIdId, ProfileId, ProjectId } from '../../kernel/ids.js';
import type { AssignedIdEventKind, AssignedIdStatus } from './assigned-id.js';

/** An ID that a phone was assigned in a SELF_REGISTRATION project. Its number is never given again, whatever becomes of it. */
@Entity('assigned_id')
@Index('assigned_id_number', ['projectId', 'number'], { unique: true })
@Index('assigned_id_value', ['projectId', 'value'], { unique: true })
@Index('assigned_id_by_reference', ['projectId', 'hostReference'])
@Index('assigned_id_of_device', ['projectId', 'deviceThumbprint'], {
  unique: true,
  where: `status <> 'REVOKED'`,
})
@Index('assigned_id_standing_of_device', ['deviceThumbprint'], { where: `status <> 'REVOKED'` })
@Check('assigned_id_host', `("status" <> 'CONFIRMED') OR ("host_reference" IS NOT NULL)`)
@Check('assigned_id_revoked', `("status" = 'REVOKED') = ("revoked_at" IS NOT NULL)`)
export class AssignedIdEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'assigned_id_pkey' }) id!: AssignedIdId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('bigint') number!: string;
  /** With prefix and width, as they were when it was assigned. */
  @Column('text') value!: string;
  /** Of the phone's own key (RFC 7638, base64url). */
  @Column('text', { name: 'device_thumbprint' }) deviceThumbprint!: string;
  @Column('text') status!: AssignedIdStatus;
  /** The host system's own key for whoever has it. */
  @Column('text', { name: 'host_reference', nullable: true }) hostReference!: string | null;
  /** The mobile ID that it stands for now. Null only within the transaction that assigns it. */
  @Index('assigned_id_of_profile', { unique: true })
  @Column('uuid', { name: 'profile_id', nullable: true })
  profileId!: ProfileId | null;
  @Column('timestamptz', { name: 'assigned_at' }) assignedAt!: Date;
  @Column('timestamptz', { name: 'confirmed_at', nullable: true }) confirmedAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
  @Column('timestamptz', { name: 'last_seen_at' }) lastSeenAt!: Date;
}

/** What became of assigned IDs, in an order that stands: within the project that of epoch, transaction and number. */
@Entity('assigned_id_event')
@Index('assigned_id_event_by_project', ['projectId', 'epoch', 'xid', 'number'])
export class AssignedIdEventEntity {
  /** TypeORM's types know identity columns as primary keys alone. */
  @Generated('identity' as 'increment')
  @PrimaryColumn({
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'assigned_id_event_pkey',
  })
  number!: string;
  @Column('uuid', { name: 'assigned_id' }) assignedId!: AssignedIdId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('text') kind!: AssignedIdEventKind;
  /** The mobile ID that it stood for then. */
  @Index('assigned_id_event_of_profile')
  @Column('uuid', { name: 'profile_id' })
  profileId!: ProfileId;
  @Column('timestamptz') at!: Date;
  @Column('integer', { default: () => 'project_log_epoch()' }) epoch!: number;
  @Column('bigint', { default: () => 'project_log_xid()' }) xid!: string;
}
