import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';

/** A certification authority: the root, or one of the issuing ones below it. */
@Entity('certificate_authority')
@Index('certificate_authority_one_active', ['role'], { unique: true, where: `state = 'ACTIVE'` })
export class Authority {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') role!: 'ROOT' | 'ISSUING';
  /** A RETIRED one issues nothing any more, and still vouches for what it has issued. */
  @Column('text', { default: 'ACTIVE' }) state!: 'ACTIVE' | 'RETIRED';
  @Column('text', { name: 'key_algorithm' }) keyAlgorithm!: KeyAlgorithm;
  @Column('bytea') certificate!: Buffer;
  /** PKCS #8, sealed with AES-256-GCM under a key derived from MASTER_KEY; null where the key lies in a PKCS #11 token. */
  @Column('bytea', { name: 'sealed_key', nullable: true }) sealedKey!: Buffer | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'retired_at', nullable: true }) retiredAt!: Date | null;
  /** Of an issuing one, whose root says so in its list. */
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
  @Column('text', { name: 'revocation_reason', nullable: true }) revocationReason!: string | null;
}
