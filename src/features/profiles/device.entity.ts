import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeviceId } from '../../kernel/ids.js';

/** A phone, known by the thumbprint of the key that it made before its first call (RFC 7638, base64url). */
@Entity('device')
export class Device {
  @PrimaryColumn('uuid') id!: DeviceId;
  @Index({ unique: true }) @Column('text') thumbprint!: string;
  @Column('text') name!: string;
  @Column('text') platform!: string;
  @Column('text', { nullable: true }) model!: string | null;
  @Column('timestamptz', { name: 'first_seen_at' }) firstSeenAt!: Date;
}
