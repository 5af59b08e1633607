import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuthenticationMethod } from '../../../kernel/actor.js';
import type { Brand, SessionId, UserId } from '../../../kernel/ids.js';

export type OneTimeCodeId = Brand<string, 'OneTimeCodeId'>;
/** The methods whose proof is a code that was sent. */
export type CodeMethod = Extract<AuthenticationMethod, 'EMAIL_CODE' | 'SMS_CODE'>;

/** A one-time code on its way to a user who proves himself in one session. The code follows from the id and a key. */
@Entity('one_time_code')
export class OneTimeCode {
  @PrimaryColumn('uuid') id!: OneTimeCodeId;
  @Column('text') method!: CodeMethod;
  @Index() @Column('uuid', { name: 'session_id' }) sessionId!: SessionId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** Where it was sent: a mail address, or a number in E.164 format. */
  @Column('text') address!: string;
  @Column('bytea', { name: 'code_hash' }) codeHash!: Buffer;
  @Column('integer', { default: 0 }) attempts!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  /** Set once: when the code was used, or when it was voided. */
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt!: Date | null;
}
