import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ProfileSettings } from '../certificates/profiles/certificate-profile.service.js';
import type { ProvisioningSettings } from './settings/settings.js';

/** One mobile-ID programme. `name_key` is the name as it is compared: NFKC, lower case. */
@Entity('project')
@Index('project_by_age', ['createdAt', 'id'])
export class ProjectEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'project_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Index('project_name_key', { unique: true })
  @Column('text', { name: 'name_key' })
  nameKey!: string;

  @Column('text')
  mode!: string;

  @Column('jsonb')
  settings!: ProvisioningSettings;

  @Column('jsonb', { name: 'certificate_profiles', default: {} })
  certificateProfiles!: ProfileSettings;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
