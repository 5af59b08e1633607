import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { IdentityProviderId } from '../../../../kernel/ids.js';
import type { AttributeMapping } from './identity-provider.js';

@Entity('identity_provider')
export class IdentityProviderEntity {
  @PrimaryColumn('uuid') id!: IdentityProviderId;
  @Column('text', { unique: true }) name!: string;
  @Column('text') label!: string;
  @Column('text', { name: 'entity_id' }) entityId!: string;
  @Column('text', { name: 'sign_in_url' }) signInUrl!: string;
  @Column('text', { name: 'sign_out_url', nullable: true }) signOutUrl!: string | null;
  /** PEM. */
  @Column('text', { array: true }) certificates!: string[];
  @Column('text', { name: 'authentication_context', nullable: true })
  authenticationContext!: string | null;
  @Column('jsonb') attributes!: AttributeMapping;
  @Column('boolean', { name: 'create_users' }) createUsers!: boolean;
  @Column('boolean', { name: 'accept_unsolicited' }) acceptUnsolicited!: boolean;
  @Column('boolean') enabled!: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
