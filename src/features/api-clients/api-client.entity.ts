import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ApiScope } from '../../kernel/api-scopes.js';
import type { ApiClientId, ProjectId } from '../../kernel/ids.js';
import type { PublicJwks } from './api-client.js';

@Entity('api_client')
export class ApiClientEntity {
  @PrimaryColumn('uuid') id!: ApiClientId;
  /** Its name at the token endpoint: public, random, never used again. */
  @Index({ unique: true }) @Column('text', { name: 'client_id' }) clientId!: string;
  @Column('text') name!: string;
  @Column('text', { array: true }) scopes!: readonly ApiScope[];
  /** Empty: all projects. */
  @Column('uuid', { name: 'project_ids', array: true }) projectIds!: readonly ProjectId[];
  /** Public keys, for `private_key_jwt`. */
  @Column('jsonb', { nullable: true }) jwks!: PublicJwks | null;
  @Column('boolean') enabled!: boolean;
  /** Counts up where tokens that were given out must no longer count. */
  @Column('integer', { name: 'token_generation', default: 1 }) tokenGeneration!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt!: Date | null;
}

/** 256 random bits, kept as SHA-256. Several count at the same time while a rotation is under way. */
@Entity('api_client_secret')
export class ApiClientSecretEntity {
  @PrimaryColumn('bytea', { name: 'secret_hash' }) secretHash!: Buffer;
  @Index() @Column('uuid', { name: 'api_client_id' }) apiClientId!: ApiClientId;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** Null for the latest. */
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt!: Date | null;
}

/** Where a client got its tokens: what strangers try elsewhere does not count against it there. */
@Entity('api_client_address')
export class ApiClientAddressEntity {
  @PrimaryColumn('uuid', { name: 'api_client_id' }) apiClientId!: ApiClientId;
  @PrimaryColumn('text') address!: string;
  @Column('timestamptz', { name: 'last_used_at' }) lastUsedAt!: Date;
}
