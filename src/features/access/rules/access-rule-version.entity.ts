import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RuleId } from '../../../kernel/ids.js';
import type { RuleChange } from './access-rule.events.js';
import type { RuleDraft } from '../judge/rule.js';

/** A rule as somebody left it. Nothing is ever changed or taken away here. */
@Entity('access_rule_version')
export class AccessRuleVersionEntity {
  /** Of a rule that may be gone by now. */
  @PrimaryColumn('uuid', { name: 'rule_id' }) ruleId!: RuleId;
  /** Counted from 1 for each rule. */
  @PrimaryColumn('integer') version!: number;
  @Column('timestamptz') at!: Date;
  /** As in the audit log. */
  @Column('text') actor!: string;
  @Column('uuid', { name: 'actor_id', nullable: true }) actorId!: string | null;
  @Column('text') change!: RuleChange;
  /** Of a deleted rule: what it last was. */
  @Column('jsonb') rule!: RuleDraft;
}
