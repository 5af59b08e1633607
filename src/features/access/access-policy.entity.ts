import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: which state of the rules is in force. Its lock puts changes of the rules in a row. */
@Entity('access_policy')
export class AccessPolicyEntity {
  @PrimaryColumn('smallint') id!: number;
  /** New at each change, and random, so that a version that was rolled back never comes again. */
  @Column('uuid') version!: string;
  /** Which release's default rules were written or brought up last. */
  @Column('smallint', { default: 1 }) defaults!: number;
}
