import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuthenticationMethod } from '../../kernel/actor.js';
import type { SessionId, UserId } from '../../kernel/ids.js';

@Entity('session')
export class Session {
  @PrimaryColumn('uuid') id!: SessionId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** SHA-256 of the bearer token. A new proof replaces the token, and the session stays. */
  @Index({ unique: true }) @Column('bytea', { name: 'token_hash' }) tokenHash!: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'last_used_at' }) lastUsedAt!: Date;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'ended_at', nullable: true }) endedAt!: Date | null;
  @Column('text') address!: string;
  /** Under what attempts from that address are counted. */
  @Column('text', { name: 'address_key' }) addressKey!: string;
  @Column('text', { name: 'user_agent', nullable: true }) userAgent!: string | null;
}

/** The last proof by each method, provider and credential. */
@Entity('session_evidence')
@Index('session_evidence_by_provider', ['provider'], { where: `provider <> ''` })
export class SessionEvidence {
  @PrimaryColumn('uuid', { name: 'session_id' }) sessionId!: SessionId;
  @PrimaryColumn('text') method!: AuthenticationMethod;
  /** Empty where the method has no provider. */
  @PrimaryColumn('text') provider!: string;
  @PrimaryColumn('text') credential!: string;
  @Column('timestamptz') at!: Date;
}
