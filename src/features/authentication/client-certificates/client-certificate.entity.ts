import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, UserId } from '../../../kernel/ids.js';

export type ClientCertificateId = Brand<string, 'ClientCertificateId'>;

/** A TLS client certificate that a user has registered as his. */
@Entity('client_certificate')
export class ClientCertificate {
  @PrimaryColumn('uuid') id!: ClientCertificateId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** SHA-256 of the certificate, upper case, octets parted by colons. */
  @Index({ unique: true }) @Column('text') fingerprint!: string;
  /** RFC 4514, as the issuer's name. */
  @Column('text') subject!: string;
  @Column('text') issuer!: string;
  @Column('timestamptz', { name: 'not_after' }) notAfter!: Date;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
