import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Counters of `rate-limiter-flexible`, whose column names these are. */
@Entity('rate_limit')
export class RateLimit {
  @PrimaryColumn('varchar', { length: 255 }) key!: string;
  @Column('integer', { default: 0 }) points!: number;
  /** Milliseconds since 1970. */
  @Index() @Column('bigint', { nullable: true }) expire!: string | null;
}
