import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, UserId } from '../../../kernel/ids.js';

export type ClientCertificateId = Brand<string, 'ClientCertificateId'>;

/** A TLS client certificate that a user has registered as his. */
@Entity('client_certificate')
export class ClientCertificate {
  @PrimaryColumn('uuid') id!: ClientCertificateId;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** SHA-256 of what its issuer has signed: the certificate is known by it, whichever of the possible signatures it bears. */
  @Index({ unique: true }) @Column('bytea', { name: 'to_be_signed_hash' }) toBeSignedHash!: Buffer;
  /** SHA-256 of its DER as it was registered, upper case, octets parted by colons. */
  @Column('text') fingerprint!: string;
  /** RFC 4514, as the issuer's name. */
  @Column('text') subject!: string;
  @Column('text') issuer!: string;
  @Column('timestamptz', { name: 'not_after' }) notAfter!: Date;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
