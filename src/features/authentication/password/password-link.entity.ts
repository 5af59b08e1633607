import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, UserId } from '../../../kernel/ids.js';

export type PasswordLinkId = Brand<string, 'PasswordLinkId'>;
/** SET: an invitation to who never had a password. RESET: asked for by whoever knows the user name. */
export type PasswordLinkPurpose = 'SET' | 'RESET';

/**
 * A mailed link by which a user sets his password. Its token follows from the id and a key. A SET link also says that the user
 * is to have a password; it is written closed where he cannot be reached yet.
 */
@Entity('password_link')
export class PasswordLink {
  @PrimaryColumn('uuid') id!: PasswordLinkId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Column('text') purpose!: PasswordLinkPurpose;
  /** Where it was mailed to; empty where it was not. */
  @Column('text') address!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  /** Set once: when the link was used, or when it was voided. */
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt!: Date | null;
}
