import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { CertificateId } from '../../../kernel/ids.js';
import { Certificate } from '../certificate.entity.js';

/** The public half of a recovery key: what is archived can be opened by its private half alone, which is stored nowhere. */
@Entity('recovery_key')
export class RecoveryKey {
  /** Thumbprint of the public key (RFC 7638, base64url). */
  @PrimaryColumn('text') id!: string;
  /** SubjectPublicKeyInfo, DER. */
  @Column('bytea', { name: 'public_key' }) publicKey!: Buffer;
  /** The newest is the one that keys are archived for. */
  @Index() @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

/** The private key of one encryption certificate. The database refuses one of any other kind, or of a key born on a phone. */
@Entity('archived_key')
@Check('archived_key_encrypts', `"kind" = 'ENCRYPTION' AND "key_origin" = 'SERVER'`)
@ForeignKey(
  () => Certificate,
  ['certificateId', 'kind', 'keyOrigin'],
  ['id', 'kind', 'keyOrigin'],
  { name: 'archived_key_of_certificate' },
)
export class ArchivedKey {
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  @Column('text') kind!: 'ENCRYPTION';
  @Column('text', { name: 'key_origin' }) keyOrigin!: 'SERVER';
  @Column('text', { name: 'recovery_key_id' }) recoveryKeyId!: string;
  /** JWE, compact: PKCS #8 under a key of its own, which is wrapped for the recovery key. */
  @Column('text') jwe!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
