import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CertificateId, ProfileId } from '../../kernel/ids.js';

/** A key wrapped for its phone, for as long as the phone may have to ask again. */
@Entity('wrapped_key')
export class WrappedKey {
  @PrimaryColumn('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  @Column('text') jwe!: string;
  @Index() @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
