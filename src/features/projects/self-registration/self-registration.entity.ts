import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ProjectId } from '../../../kernel/ids.js';
import type { BlockedRange } from './id-policy.js';

/** Of a SELF_REGISTRATION project: which IDs it assigns, and how far it has got. Its row lock puts activations in a row. */
@Entity('self_registration')
@Check('self_registration_counts', `("used" = 0) = ("last_id" IS NULL)`)
export class SelfRegistrationEntity {
  @PrimaryColumn('uuid', { name: 'project_id', primaryKeyConstraintName: 'self_registration_pkey' })
  projectId!: ProjectId;

  @Column('bigint', { name: 'first_id' }) firstId!: string;
  /** Null until the first is assigned. */
  @Column('bigint', { name: 'last_id', nullable: true }) lastId!: string | null;
  @Column('bigint', { nullable: true }) ceiling!: string | null;
  @Column('text', { name: 'id_prefix' }) idPrefix!: string;
  @Column('integer', { name: 'id_width' }) idWidth!: number;
  /** In order, none touching another. */
  @Column('jsonb', { name: 'blocked_ranges' }) blockedRanges!: BlockedRange[];
  @Column('integer', { nullable: true }) quota!: number | null;
  @Column('integer', { default: 0 }) used!: number;
  @Column('boolean', { default: false }) paused!: boolean;
  /** Counts the activation codes; the code itself follows from the project, this number and a key. */
  @Column('integer', { default: 1 }) generation!: number;
}

/** Every activation code that a project ever had, so that an old one is told from an unknown one. */
@Entity('activation_code')
export class ActivationCodeEntity {
  @PrimaryColumn('bytea', { name: 'code_hash', primaryKeyConstraintName: 'activation_code_pkey' })
  codeHash!: Buffer;

  @Index('activation_code_by_project')
  @Column('uuid', { name: 'project_id' })
  projectId!: ProjectId;
  @Column('integer') generation!: number;
}
