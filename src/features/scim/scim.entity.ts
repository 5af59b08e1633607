import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { ProjectId, ScimGroupId, UserId } from '../../kernel/ids.js';

/**
 * What a project's directory knows of one of its users beyond what Signet keeps of him. The row stays while he is inactive there, so
 * that the directory still finds him, and goes when the directory deletes him.
 */
@Entity('scim_user')
@Index('scim_user_external_id', ['projectId', 'externalId'])
export class ScimUserEntity {
  @PrimaryColumn('uuid', { name: 'project_id', primaryKeyConstraintName: 'scim_user_pkey' })
  projectId!: ProjectId;

  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'scim_user_pkey' })
  userId!: UserId;

  /** While he is a member, his membership's sync ID counts. */
  @Column('text', { name: 'external_id', nullable: true }) externalId!: string | null;
  @Column('text', { name: 'given_name', nullable: true }) givenName!: string | null;
  @Column('text', { name: 'family_name', nullable: true }) familyName!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}

/** A group of a project's users, as its directory has it. */
@Entity('scim_group')
@Index('scim_group_of_project', ['projectId', 'id'])
export class ScimGroupEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'scim_group_pkey' }) id!: ScimGroupId;
  @Column('uuid', { name: 'project_id' }) projectId!: ProjectId;
  @Column('text', { name: 'display_name' }) displayName!: string;
  @Column('text', { name: 'external_id', nullable: true }) externalId!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}

/** Who is in it, members and those who are inactive now: these come back with their groups. */
@Entity('scim_group_member')
@Index('scim_group_member_of_user', ['userId'])
export class ScimGroupMemberEntity {
  @ForeignKey(() => ScimGroupEntity, {
    name: 'scim_group_member_group',
    onDelete: 'CASCADE',
  })
  @PrimaryColumn('uuid', { name: 'group_id', primaryKeyConstraintName: 'scim_group_member_pkey' })
  groupId!: ScimGroupId;

  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'scim_group_member_pkey' })
  userId!: UserId;
}
