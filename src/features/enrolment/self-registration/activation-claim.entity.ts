import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnrolmentId } from '../../../kernel/ids.js';

/** From where a phone claimed an activation code, until it is active: by these rows the claims of an address are counted. */
@Entity('activation_claim')
@Index('activation_claim_by_address', ['address', 'claimedAt'])
@Index('activation_claim_by_age', ['claimedAt'])
export class ActivationClaim {
  @PrimaryColumn('uuid', {
    name: 'enrolment_id',
    primaryKeyConstraintName: 'activation_claim_pkey',
  })
  enrolmentId!: EnrolmentId;

  /** As `addressKey` counts it. */
  @Column('text') address!: string;
  @Column('timestamptz', { name: 'claimed_at' }) claimedAt!: Date;
}
