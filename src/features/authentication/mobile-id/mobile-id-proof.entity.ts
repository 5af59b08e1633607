import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Brand, ProfileId, SessionId, UserId } from '../../../kernel/ids.js';
import type { MobileIdProofState } from './mobile-id-proof-state.js';

export type MobileIdProofId = Brand<string, 'MobileIdProofId'>;

/**
 * One question to a user's phone: "is this you?". Moves WAITING → ANSWERED → USED, and from the first two to REJECTED or
 * EXPIRED. Code, number and nonce follow from the id and a key, and are stored nowhere.
 */
@Entity('mobile_id_proof')
@Index('mobile_id_proof_open', ['sessionId'], {
  unique: true,
  where: `state IN ('WAITING', 'ANSWERED')`,
})
@Index('mobile_id_proof_by_expiry', ['expiresAt'], { where: `state IN ('WAITING', 'ANSWERED')` })
export class MobileIdProof {
  @PrimaryColumn('uuid') id!: MobileIdProofId;
  @Column('uuid', { name: 'session_id' }) sessionId!: SessionId;
  @Column('uuid', { name: 'user_id' }) userId!: UserId;
  @Index({ unique: true }) @Column('bytea', { name: 'code_hash' }) codeHash!: Buffer;
  @Column('text') state!: MobileIdProofState;
  /** Where the page is that asks. */
  @Column('text') address!: string;
  @Column('text', { name: 'user_agent', nullable: true }) userAgent!: string | null;
  /** The mobile ID that answered, by which key, on which phone, and when. */
  @Column('uuid', { name: 'profile_id', nullable: true }) profileId!: ProfileId | null;
  @Column('text', { nullable: true }) fingerprint!: string | null;
  @Column('text', { name: 'device_name', nullable: true }) deviceName!: string | null;
  @Column('timestamptz', { name: 'answered_at', nullable: true }) answeredAt!: Date | null;
  @Index() @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
}
