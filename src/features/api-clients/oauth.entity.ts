import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Assertions that were used, by issuer and `jti`: none counts twice. */
@Entity('oauth_assertion')
export class OAuthAssertion {
  @PrimaryColumn('text') id!: string;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
}

/** Keys that access tokens are signed with: the newest signs, all verify. */
@Entity('oauth_signing_key')
export class OAuthSigningKey {
  @PrimaryColumn('text') kid!: string;
  @Column('jsonb', { name: 'public_jwk' }) publicJwk!: Readonly<Record<string, string>>;
  /** The private key: PKCS #8, sealed. */
  @Column('bytea', { name: 'private_key' }) sealedKey!: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
