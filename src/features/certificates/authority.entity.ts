import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { KeyAlgorithm } from '../../kernel/key-algorithm.js';

/** A certification authority: the root, or the issuing one below it. */
@Entity('certificate_authority')
export class Authority {
  @PrimaryColumn('uuid') id!: string;
  @Index({ unique: true }) @Column('text') role!: 'ROOT' | 'ISSUING';
  @Column('text', { name: 'key_algorithm' }) keyAlgorithm!: KeyAlgorithm;
  @Column('bytea') certificate!: Buffer;
  /** PKCS #8, sealed with AES-256-GCM under a key derived from MASTER_KEY. */
  @Column('bytea', { name: 'sealed_key' }) sealedKey!: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** Of an issuing one, whose root says so in its list. */
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
  @Column('text', { name: 'revocation_reason', nullable: true }) revocationReason!: string | null;
}
