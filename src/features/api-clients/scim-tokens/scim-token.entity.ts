import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { ApiClientId, ProjectId, ScimTokenId } from '../../../kernel/ids.js';
import { ApiClientEntity } from '../api-client.entity.js';

/** 256 random bits, kept as SHA-256, that stand for an API client where directories push, and nowhere else. */
@Entity('scim_token')
export class ScimTokenEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'scim_token_pkey' }) id!: ScimTokenId;
  @Index('scim_token_hash', { unique: true })
  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @ForeignKey(() => ApiClientEntity, { name: 'scim_token_client', onDelete: 'CASCADE' })
  @Index('scim_token_of_client')
  @Column('uuid', { name: 'api_client_id' })
  apiClientId!: ApiClientId;

  /** The only one of the client's projects that it opens; null for all of them. */
  @Column('uuid', { name: 'project_id', nullable: true }) projectId!: ProjectId | null;
  @Column('text') name!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt!: Date | null;
}
