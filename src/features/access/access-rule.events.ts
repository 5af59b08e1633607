import type { RuleId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

export interface AccessRuleChanged {
  readonly ruleId: RuleId;
  readonly name: string;
  readonly change: 'created' | 'updated' | 'deleted';
}

/** An access rule was written, changed or taken away. */
export const accessRuleChanged = eventType<AccessRuleChanged>('access-rule.changed');
