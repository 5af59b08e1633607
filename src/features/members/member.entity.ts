import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MemberId, ProjectId, UserId } from '../../kernel/ids.js';

/**
 * A user in a MANAGED project, for as long as `removed_at` is empty. Who is added again gets a new row; the earlier ones say that
 * he was there, and until when.
 */
@Entity('project_member')
@Index('project_member_by_age', ['projectId', 'addedAt', 'id'], { where: 'removed_at IS NULL' })
@Index('project_member_user', ['projectId', 'userId'], {
  unique: true,
  where: 'removed_at IS NULL',
})
@Index('project_member_host_id', ['projectId', 'hostId'], {
  unique: true,
  where: 'removed_at IS NULL',
})
@Index('project_member_sync_id', ['projectId', 'syncId'], {
  unique: true,
  where: 'removed_at IS NULL',
})
@Index('project_member_by_user', ['userId', 'projectId'])
export class ProjectMemberEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'project_member_pkey' }) id!: MemberId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** The ID that the host system gave, if any. */
  @Column('text', { name: 'host_id', nullable: true }) hostId!: string | null;
  /** What a list of users that is imported again and again knows him by. */
  @Column('text', { name: 'sync_id', nullable: true }) syncId!: string | null;
  @Column('timestamptz', { name: 'added_at' }) addedAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
  @Column('timestamptz', { name: 'removed_at', nullable: true }) removedAt!: Date | null;
}
