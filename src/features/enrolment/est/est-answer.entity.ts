import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { CertificateId, EnrolmentId } from '../../../kernel/ids.js';

/** What an EST request was answered with, so that the same request is answered with the same. */
@Entity('est_answer')
@Check('est_answer_keys_encrypt', `"sealed_key" IS NULL OR "kind" = 'ENCRYPTION'`)
@Index('est_answer_sealed', ['createdAt'], { where: 'sealed_key IS NOT NULL' })
export class EstAnswer {
  /** What the certificate was issued for: an enrolment, or in place of another certificate. */
  @PrimaryColumn('uuid', { name: 'origin_id' }) originId!: EnrolmentId | CertificateId;
  @PrimaryColumn('text') kind!: CertificateKind;
  @Index({ unique: true })
  @Column('uuid', { name: 'certificate_id' })
  certificateId!: CertificateId;
  @Index() @Column('bytea', { name: 'request_digest' }) requestDigest!: Buffer;
  /** A private key made by the server, sealed with the request itself, which is not kept; null where the device made it. */
  @Column('bytea', { name: 'sealed_key', nullable: true }) sealedKey!: Buffer | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
