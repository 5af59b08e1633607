import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MemberId, UserId } from '../../../kernel/ids.js';
import type { ImportAction, ImportedField, StoredValues } from './user-import.js';

/**
 * A row of a file that is being imported, and what it means for the project; those with numbers below zero stand for members that
 * the file does not have. Unlogged: it costs half, and what a crash takes away was not yet anybody's.
 */
@Entity('user_import_row')
export class UserImportRow {
  @PrimaryColumn('uuid', { name: 'import_id', primaryKeyConstraintName: 'user_import_row_pkey' })
  importId!: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'user_import_row_pkey' }) line!: number;
  @Column('timestamptz', { name: 'staged_at' }) stagedAt!: Date;
  @Column('text') email!: string;
  @Column('text', { name: 'email_key' }) emailKey!: string;
  @Column('text', { name: 'display_name' }) displayName!: string;
  @Column('text', { name: 'host_id', nullable: true }) hostId!: string | null;
  @Column('text', { name: 'sync_id', nullable: true }) syncId!: string | null;

  @Column('text', { nullable: true }) action!: ImportAction | null;
  /** Null where an account is to be made. */
  @Column('uuid', { name: 'user_id', nullable: true }) userId!: UserId | null;
  /** Null where he is no member yet. */
  @Column('uuid', { name: 'member_id', nullable: true }) memberId!: MemberId | null;
  @Column('text', { array: true, nullable: true }) changed!: ImportedField[] | null;
  /** What stood there, of what changes. */
  @Column('jsonb', { nullable: true }) before!: StoredValues | null;
  /** He was a member before, and was removed. */
  @Column('boolean', { default: false }) returns!: boolean;
  /** He is a member of another project too, or has a mobile ID there. */
  @Column('boolean', { name: 'is_shared', default: false }) isShared!: boolean;
  @Column('boolean', { default: false }) invites!: boolean;
  @Column('text', { nullable: true }) problem!: string | null;
  /** Versions of the rows that all this was concluded from. */
  @Column('text', { nullable: true }) seen!: string | null;
}
