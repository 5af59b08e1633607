import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';

/**
 * Renewed certificates of one mobile ID. Its key is the certificate by whose key the phone has proven itself: each is renewed
 * once. What it replaces is good until `supersedeAt`, or until the phone says that it has the new ones.
 */
@Entity('renewal')
@Index('renewal_by_deadline', ['supersedeAt'], { where: 'superseded_at IS NULL' })
export class Renewal {
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  @Index() @Column('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  /** By which the same requests are known again. */
  @Column('bytea', { name: 'requests_digest' }) requestsDigest!: Buffer;
  @Column('uuid', { name: 'replaced_ids', array: true }) replacedIds!: CertificateId[];
  @Column('timestamptz', { name: 'renewed_at' }) renewedAt!: Date;
  @Column('timestamptz', { name: 'supersede_at' }) supersedeAt!: Date;
  @Column('timestamptz', { name: 'superseded_at', nullable: true }) supersededAt!: Date | null;
}

/** That a holder was reminded of an end, so many days before: once, whoever finds that it is due. */
@Entity('expiry_reminder')
@Index('expiry_reminder_once', ['profileId', 'endsAt', 'days'], { unique: true })
@Index('expiry_reminder_by_end', ['endsAt'])
export class ExpiryReminder {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  /** When the first of the mobile ID's certificates runs out. */
  @Column('timestamptz', { name: 'ends_at' }) endsAt!: Date;
  @Column('int') days!: number;
  @Column('timestamptz', { name: 'reminded_at' }) remindedAt!: Date;
}
