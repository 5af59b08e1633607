import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuthenticationMethod } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';

/** Counts who tries to prove himself, by one method: on an account, and with a password also at one place. */
@Entity('proof_attempt')
@Index('proof_attempt_unreported', ['lockedAt'], { where: 'NOT reported' })
export class ProofAttempt {
  /** The user's id; with a sign-in by password a digest of the name that was typed, which may be nobody's. */
  @PrimaryColumn('text') subject!: string;
  @PrimaryColumn('text') method!: AuthenticationMethod;
  /** An address, or empty where attempts from anywhere are counted together. */
  @PrimaryColumn('text') place!: string;
  @Index() @Column('uuid', { name: 'user_id', nullable: true }) userId!: UserId | null;
  /** Those that are not known to have been right. */
  @Column('integer') attempts!: number;
  @Column('timestamptz', { name: 'window_ends_at' }) windowEndsAt!: Date;
  @Column('timestamptz', { name: 'locked_until', nullable: true }) lockedUntil!: Date | null;
  @Column('timestamptz', { name: 'locked_at', nullable: true }) lockedAt!: Date | null;
  /** How often in a row it was locked. */
  @Column('integer', { default: 0 }) locks!: number;
  /** Whether the last lock stands in the audit log. */
  @Column('boolean', { default: true }) reported!: boolean;
  @Index() @Column('timestamptz', { name: 'forget_at' }) forgetAt!: Date;
}
