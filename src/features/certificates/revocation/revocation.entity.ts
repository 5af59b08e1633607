import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** The newest revocation list of an authority. */
@Entity('revocation_list')
export class RevocationList {
  @PrimaryColumn('uuid', { name: 'authority_id' }) authorityId!: string;
  /** cRLNumber */
  @Column('bigint') number!: string;
  @Column('timestamptz', { name: 'this_update' }) thisUpdate!: Date;
  @Column('timestamptz', { name: 'next_update' }) nextUpdate!: Date;
  /** When the last list was made because it was time, and not because something had changed. */
  @Column('timestamptz', { name: 'scheduled_at' }) scheduledAt!: Date;
  @Column('bytea') der!: Buffer;
}

/** That a status has changed which the authority's list does not show yet. Written with the change, so that no two changes wait for each other. */
@Entity('revocation_change')
export class RevocationChange {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Index() @Column('uuid', { name: 'authority_id' }) authorityId!: string;
}

/** A key that answers OCSP requests for an authority, and the authority's certificate for it. */
@Entity('ocsp_signer')
@Index(['authorityId', 'notAfter'])
export class OcspSignerEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'authority_id' }) authorityId!: string;
  /** Hexadecimal, upper case. */
  @Index({ unique: true }) @Column('text', { name: 'serial_number' }) serialNumber!: string;
  @Column('bytea') certificate!: Buffer;
  /** PKCS #8, sealed with the id as context. */
  @Column('bytea', { name: 'sealed_key' }) sealedKey!: Buffer;
  @Column('timestamptz', { name: 'not_after' }) notAfter!: Date;
}
