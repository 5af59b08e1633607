import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeviceId, EnrolmentId, ProfileId, ProjectId, UserId } from '../../kernel/ids.js';
import type { ProfileState, Suspender } from './profile-state.js';

/** A mobile ID on one device. */
@Entity('profile')
@Index('profile_by_creation', ['createdAt', 'id'])
@Index(['projectId', 'userId'])
@Index('profile_by_expiry', ['validTo'], { where: `state IN ('ACTIVE', 'INACTIVE')` })
export class Profile {
  @PrimaryColumn('uuid') id!: ProfileId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Index() @Column('uuid', { name: 'user_id', nullable: true }) userId!: UserId | null;
  @Index({ unique: true }) @Column('uuid', { name: 'enrolment_id' }) enrolmentId!: EnrolmentId;
  @Index() @Column('uuid', { name: 'device_id' }) deviceId!: DeviceId;
  @Column('text') name!: string;
  @Column('text', { name: 'account_name' }) accountName!: string;
  @Column('text', { name: 'server_name' }) serverName!: string;
  @Column('text') state!: ProfileState;
  /** Empty unless it is INACTIVE. */
  @Column('text', { name: 'suspended_by', array: true, default: '{}' }) suspendedBy!: Suspender[];
  @Column('timestamptz', { name: 'valid_from' }) validFrom!: Date;
  @Column('timestamptz', { name: 'valid_to' }) validTo!: Date;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
