import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Closes the audit entries behind the seal before it, up to and with `lastEntry`. Append-only, as the entries themselves. The
 * first seal closes all there are.
 */
@Entity('audit_seal')
export class AuditSealEntity {
  /** 1, 2, 3 … without a gap. */
  @PrimaryColumn('bigint') number!: string;
  @Column('bigint', { name: 'last_entry' }) lastEntry!: string;
  /** How many entries there are in it. */
  @Column('integer') entries!: number;
  /** SHA-256 over the entries: who has no key can compare an export by it. */
  @Column('bytea') digest!: Buffer;
  /** HMAC over all of this and the seal before, by the server's key. */
  @Column('bytea') seal!: Buffer;
  @Column('timestamptz', { name: 'sealed_at' }) sealedAt!: Date;
}
