import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import { ArchivedKey } from './key-archive.entity.js';

/** An earlier certificate whose key a later mobile ID has too. Its state stays that of the mobile ID it was issued for. */
@Entity('recovered_certificate')
@ForeignKey(() => ArchivedKey, ['certificateId'], ['certificateId'], {
  name: 'recovered_certificate_is_archived',
})
export class RecoveredCertificate {
  @PrimaryColumn('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  @Column('timestamptz', { name: 'recovered_at' }) recoveredAt!: Date;
}
