import { Field, ObjectType } from 'type-graphql';
import { AccessRuleType } from './rules/access-rule.types.js';

@ObjectType('Resource', {
  description: 'Something that access rules guard, or a node of the tree above it.',
})
export class ResourceType {
  @Field(() => String, { description: 'Such as `/mobile-id/get`.' }) path!: string;
  @Field(() => String, { description: 'For people to read.' }) description!: string;
  @Field(() => [String], {
    description:
      'Schema coordinates and pages that this path guards, such as `Mutation.startEnrolment`. Empty on inner nodes.',
  })
  guards!: readonly string[];
  @Field(() => [AccessRuleType], { description: 'Rules that name this very path.' })
  rules!: readonly AccessRuleType[];
  @Field(() => [AccessRuleType], {
    description:
      'Rules that name a path above it, from the top down. API clients inherit only those that deny.',
  })
  inheritedRules!: readonly AccessRuleType[];
}
