import type { RuleId } from '../../../kernel/ids.js';
import { eventType } from '../../../platform/event-handlers.js';

export const RULE_CHANGES = ['CREATED', 'UPDATED', 'DELETED'] as const;
export type RuleChange = (typeof RULE_CHANGES)[number];

export interface AccessRuleChanged {
  readonly ruleId: RuleId;
  readonly name: string;
  readonly change: RuleChange;
}

/** An access rule was written, changed or taken away. */
export const accessRuleChanged = eventType<AccessRuleChanged>('access-rule.changed');
