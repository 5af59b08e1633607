import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, SessionId, UserId } from '../../../kernel/ids.js';

export type PasskeyId = Brand<string, 'PasskeyId'>;
export type PasskeyChallengeId = Brand<string, 'PasskeyChallengeId'>;

/** What a challenge was made for: it counts for nothing else. */
export type CeremonyPurpose = 'REGISTRATION' | 'SIGN_IN';

/** A WebAuthn credential of a user: the server keeps its public half. */
@Entity('passkey')
export class PasskeyEntity {
  @PrimaryColumn('uuid') id!: PasskeyId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** As the authenticator names it. */
  @Index({ unique: true }) @Column('bytea', { name: 'credential_id' }) credentialId!: Buffer;
  /** COSE_Key (RFC 9052 section 7). */
  @Column('bytea', { name: 'public_key' }) publicKey!: Buffer;
  /** The authenticator's signature counter; 0 where it keeps none. */
  @Column('bigint') counter!: number;
  @Column('text', { array: true }) transports!: string[];
  /** Whether it may be copied to other devices; never changes. */
  @Column('boolean', { name: 'is_backup_eligible' }) isBackupEligible!: boolean;
  @Column('boolean', { name: 'is_backed_up' }) isBackedUp!: boolean;
  @Column('text') name!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt!: Date | null;
}

/** A ceremony that was begun. The challenge follows from the id and a key. */
@Entity('passkey_challenge')
export class PasskeyChallenge {
  @PrimaryColumn('uuid') id!: PasskeyChallengeId;
  @Column('text') purpose!: CeremonyPurpose;
  /** Null where who began it has no session. */
  @Column('uuid', { name: 'session_id', nullable: true }) sessionId!: SessionId | null;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'used_at', nullable: true }) usedAt!: Date | null;
}
