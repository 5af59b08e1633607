import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, SessionId, UserId } from '../../../kernel/ids.js';

export type EmailCodeId = Brand<string, 'EmailCodeId'>;

/** A one-time code on its way to a user who proves himself in one session. The code follows from the id and a key. */
@Entity('email_code')
export class EmailCode {
  @PrimaryColumn('uuid') id!: EmailCodeId;
  @Index() @Column('uuid', { name: 'session_id' }) sessionId!: SessionId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Column('text') address!: string;
  @Column('bytea', { name: 'code_hash' }) codeHash!: Buffer;
  @Column('integer', { default: 0 }) attempts!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  /** Set once: when the code was used, or when it was voided. */
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt!: Date | null;
}
