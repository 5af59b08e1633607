import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { IdentityProviderId, SessionId, UserId } from '../../../kernel/ids.js';
import type { SamlOutcome } from './saml-outcome.js';

/** The key by which Signet signs what it sends to providers. One row. */
@Entity('saml_key')
export class SamlKey {
  @PrimaryColumn('smallint') id!: number;
  @Column('bytea') certificate!: Buffer;
  /** PKCS #8, sealed with AES-256-GCM under a key derived from MASTER_KEY. */
  @Column('bytea', { name: 'sealed_key' }) sealedKey!: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

/** One sign-in or sign-out that a browser has begun at a provider. */
@Entity('saml_request')
export class SamlRequest {
  /** Of the AuthnRequest or LogoutRequest. */
  @PrimaryColumn('text') id!: string;
  @Column('uuid', { name: 'provider_id' }) providerId!: IdentityProviderId;
  @Column('text') kind!: 'SIGN_IN' | 'SIGN_OUT';
  /** SHA-256 of the cookie of the browser that began. */
  @Column('bytea', { name: 'browser_hash' }) browserHash!: Buffer;
  /** Whose session it was begun in. */
  @Column('uuid', { name: 'user_id', nullable: true }) userId!: UserId | null;
  @Column('text', { name: 'return_to' }) returnTo!: string;
  @Column('int', { name: 'max_age_seconds', nullable: true }) maxAgeSeconds!: number | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  /** How many have come, whatever they were worth. */
  @Column('int', { default: 0 }) answers!: number;
  @Column('timestamptz', { name: 'answered_at', nullable: true }) answeredAt!: Date | null;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
  /** What the provider has said, until the browser has come back with its session. */
  @Column('jsonb', { nullable: true }) outcome!: SamlOutcome | null;
}

/** Assertions and logout requests that were accepted: none is accepted twice, and no request is answered twice. */
@Entity('saml_message')
export class SamlMessage {
  @PrimaryColumn('uuid', { name: 'provider_id' }) providerId!: IdentityProviderId;
  @PrimaryColumn('text', { name: 'message_id' }) messageId!: string;
  @Index({ unique: true })
  @Column('text', { name: 'request_id', nullable: true })
  requestId!: string | null;
  /** Kept until nobody could show it again. */
  @Index() @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
}

/** Who a provider's name belongs to: fixed once made. */
@Entity('saml_identity')
@Index(['providerId', 'userId'], { unique: true })
export class SamlIdentity {
  @PrimaryColumn('uuid', { name: 'provider_id' }) providerId!: IdentityProviderId;
  /** The NameID; for a transient one the mapped user name. */
  @PrimaryColumn('text') subject!: string;
  @Index() @Column('uuid', { name: 'user_id' }) userId!: UserId;
  /** Whether the user came into being by this sign-in, so that the provider may go on describing him. */
  @Column('boolean', { name: 'created_user' }) createdUser!: boolean;
  /** Whether it was made in a session of the user's in which methods could be set up. */
  @Column('boolean', { name: 'linked_in_session' }) linkedInSession!: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

/** Under which name a provider knows a session, for single logout. */
@Entity('saml_session')
@Index(['providerId', 'nameId'])
export class SamlSession {
  @PrimaryColumn('uuid', { name: 'session_id' }) sessionId!: SessionId;
  @PrimaryColumn('uuid', { name: 'provider_id' }) providerId!: IdentityProviderId;
  @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Column('text', { name: 'name_id' }) nameId!: string;
  @Column('text', { name: 'name_id_format', nullable: true }) nameIdFormat!: string | null;
  @Column('text', { name: 'name_qualifier', nullable: true }) nameQualifier!: string | null;
  @Column('text', { name: 'sp_name_qualifier', nullable: true }) spNameQualifier!: string | null;
  @Column('text', { name: 'session_index', nullable: true }) sessionIndex!: string | null;
  @Index() @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
