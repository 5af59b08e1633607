import { Field, Int, ObjectType } from 'type-graphql';
import { RULE_CHANGES, type RuleChange } from './access-rule.events.js';
import { AccessRuleType } from './access-rule.types.js';
import { graphqlEnum } from '../graphql-enum.types.js';

const AccessRuleChangeEnum = graphqlEnum(RULE_CHANGES, {
  name: 'AccessRuleChange',
  description: 'What was done to an access rule.',
});

@ObjectType('AccessRuleVersion', { description: 'An access rule as somebody left it.' })
export class AccessRuleVersionType {
  @Field(() => Int, { description: 'Counted from 1 for each rule.' }) version!: number;
  @Field(() => Date, { description: 'When it was done.' }) at!: Date;
  @Field(() => String, {
    description:
      'Who did it, as in the audit log: `user:NAME`, or `system:NAME` for Signet itself.',
  })
  actor!: string;
  @Field(() => AccessRuleChangeEnum, { description: 'What was done.' }) change!: RuleChange;
  @Field(() => AccessRuleType, {
    description: 'The rule as it was from then on; of a deleted rule, as it last was.',
  })
  rule!: AccessRuleType;
}
