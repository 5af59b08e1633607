import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** That something about rights has changed: what every instance looks for, whether or not a notification reaches it. */
@Entity('announcement')
export class Announcement {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') topic!: string;
  /** Of the transaction that announced it, as a number that never wraps around (`xid8`). */
  @Index() @Column('bigint') xid!: string;
  @Index() @Column('timestamptz') at!: Date;
}
