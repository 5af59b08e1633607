import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AssignedIdId, ProfileId, ProjectId } from '../../kernel/ids.js';

type AssignedIdStatus = 'ASSIGNED' | 'CONFIRMED' | 'REVOKED';

/** The ID that a SELF_REGISTRATION project has assigned to a phone. */
@Entity('assigned_id')
@Index('assigned_id_number', ['projectId', 'number'], { unique: true })
@Index('assigned_id_of_device', ['projectId', 'deviceThumbprint'], {
  unique: true,
  where: `status <> 'REVOKED'`,
})
export class AssignedIdEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'assigned_id_pkey' }) id!: AssignedIdId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('bigint') number!: string;
  @Column('text') value!: string;
  @Column('text', { name: 'device_thumbprint' }) deviceThumbprint!: string;
  @Column('text') status!: AssignedIdStatus;
  @Column('text', { name: 'host_reference', nullable: true }) hostReference!: string | null;
  @Index('assigned_id_by_profile')
  @Column('uuid', { name: 'profile_id', nullable: true })
  profileId!: ProfileId | null;

  @Column('timestamptz', { name: 'assigned_at' }) assignedAt!: Date;
  @Column('timestamptz', { name: 'confirmed_at', nullable: true }) confirmedAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
  @Column('timestamptz', { name: 'last_seen_at', nullable: true }) lastSeenAt!: Date | null;
}
