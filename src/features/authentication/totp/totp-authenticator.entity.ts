import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, UserId } from '../../../kernel/ids.js';

export type TotpAuthenticatorId = Brand<string, 'TotpAuthenticatorId'>;

/** An authenticator app that shares a secret with the server (RFC 6238). */
@Entity('totp_authenticator')
export class TotpAuthenticatorEntity {
  @PrimaryColumn('uuid') id!: TotpAuthenticatorId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Column('text') name!: string;
  /** Sealed by the key ring, with the id as context. */
  @Column('bytea', { name: 'sealed_secret' }) sealedSecret!: Buffer;
  /** The last time step whose code was accepted: its codes, and those before, are used up. */
  @Column('bigint', { name: 'last_step' }) lastStep!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** Until when it may be confirmed. */
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'confirmed_at', nullable: true }) confirmedAt!: Date | null;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt!: Date | null;
}
