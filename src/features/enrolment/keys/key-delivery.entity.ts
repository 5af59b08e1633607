import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';

/**
 * A key wrapped for its phone, for as long as the phone may have to ask again. Nothing leaves the server that is not archived:
 * so the database sees to it that it is an encryption key.
 */
@Entity('wrapped_key')
@ForeignKey('ArchivedKey', ['certificateId'], ['certificateId'], {
  name: 'wrapped_key_is_archived',
})
export class WrappedKey {
  @PrimaryColumn('uuid', { name: 'profile_id' }) profileId!: ProfileId;
  @PrimaryColumn('uuid', { name: 'certificate_id' }) certificateId!: CertificateId;
  @Column('text') jwe!: string;
  @Index() @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
