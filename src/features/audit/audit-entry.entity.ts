import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Append-only: triggers refuse every change, see the migration that makes the table. */
@Entity('audit_entry')
@Index(['actor', 'id'])
@Index(['target', 'id'])
export class AuditEntryEntity {
  /** A number, in the order of writing. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('timestamptz', { default: () => 'now()' }) at!: Date;
  @Column('text') actor!: string;
  @Column('uuid', { name: 'actor_id', nullable: true }) actorId!: string | null;
  @Column('text') action!: string;
  @Column('text', { nullable: true }) target!: string | null;
  @Column('text') outcome!: string;
  @Column('text', { nullable: true }) address!: string | null;
  @Column('text', { name: 'request_id', nullable: true }) requestId!: string | null;
  @Column('text', { nullable: true }) detail!: string | null;
}
