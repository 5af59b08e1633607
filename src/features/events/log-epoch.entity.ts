import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A stretch of the database's life in which numbers of transactions only grow. After a restore into another cluster they begin
 * anew, and after a failover or a recovery to a point in time some come again: the next epoch begins then, with the first event.
 */
@Entity('log_epoch')
export class LogEpoch {
  @PrimaryColumn('integer') epoch!: number;
  /** The cluster's own number, and its timeline. */
  @Column('text') history!: string;
  @Column('timestamptz', { name: 'began_at', default: () => 'now()' }) beganAt!: Date;
}
