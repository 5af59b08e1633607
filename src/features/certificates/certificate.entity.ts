import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import type { CertificateId, ProfileId } from '../../kernel/ids.js';
import type { CertificateStatus, KeyOrigin } from './certificate-status.js';

@Entity('certificate')
@Check('certificate_server_keys_encrypt', `"key_origin" = 'DEVICE' OR "kind" = 'ENCRYPTION'`)
@Index('certificate_by_origin', ['id', 'kind', 'keyOrigin'], { unique: true })
@Index('certificate_by_expiry', ['notAfter'], { where: `status IN ('VALID', 'ON_HOLD')` })
@Index('certificate_revoked', ['issuerId', 'notAfter', 'serialNumber'], {
  where: 'revoked_at IS NOT NULL',
})
export class Certificate {
  @PrimaryColumn('uuid') id!: CertificateId;
  @Index() @Column('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  @Column('uuid', { name: 'issuer_id' }) issuerId!: string;
  @Column('text') kind!: CertificateKind;
  @Column('text') status!: CertificateStatus;
  /** Hexadecimal, upper case. */
  @Index({ unique: true }) @Column('text', { name: 'serial_number' }) serialNumber!: string;
  @Column('text') subject!: string;
  @Column('text') issuer!: string;
  @Column('timestamptz', { name: 'not_before' }) notBefore!: Date;
  @Column('timestamptz', { name: 'not_after' }) notAfter!: Date;
  @Column('text', { name: 'key_origin' }) keyOrigin!: KeyOrigin;
  @Column('bytea') der!: Buffer;
  /** SHA-256 of the certificate as openssl prints it. */
  @Column('text') fingerprint!: string;
  /** SHA-256 of the SubjectPublicKeyInfo: a key is certified once. */
  @Index({ unique: true }) @Column('bytea', { name: 'public_key_hash' }) publicKeyHash!: Buffer;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
  @Column('text', { name: 'revocation_reason', nullable: true }) revocationReason!: string | null;
}
