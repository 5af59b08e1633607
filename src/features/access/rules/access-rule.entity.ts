import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RuleId } from '../../../kernel/ids.js';
import type { AccessEffect, Clause, Conditions } from '../judge/rule.js';

@Entity('access_rule')
export class AccessRuleEntity {
  @PrimaryColumn('uuid') id!: RuleId;
  /** Order of the rules, as they were written. */
  @Column('integer', { unique: true }) position!: number;
  @Column('text') name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('boolean') enabled!: boolean;
  @Column('text') effect!: AccessEffect;
  @Column('text', { array: true }) resources!: readonly string[];
  @Column('jsonb') conditions!: Conditions;
  @Column('jsonb') requirement!: readonly Clause[];
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
