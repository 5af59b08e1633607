import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { AuthenticationMethod } from '../../kernel/actor.js';
import { AccessDecisionType } from './access-decision.types.js';
import { AccessRuleType } from './rules/access-rule.types.js';
import { AuthenticationMethodEnum } from './identity.types.js';

@InputType({ description: 'A proof that the explained user is to have given.' })
export class EvidenceInput {
  @Field(() => AuthenticationMethodEnum, { description: 'How it was given.' })
  method!: AuthenticationMethod;
  @Field(() => String, { nullable: true, description: 'The SAML identity provider.' })
  provider?: string | null;
  @Field(() => Int, { defaultValue: 0, description: 'How long ago it was given, in seconds.' })
  ageSeconds!: number;
}

@ObjectType('RuleVerdict', { description: "One rule's part in a decision, for administrators." })
export class RuleVerdictType {
  @Field(() => AccessRuleType, { description: 'The rule.' }) rule!: AccessRuleType;
  @Field(() => String, { description: 'The level of the path at which it stands.' })
  resource!: string;
  @Field(() => Boolean, { description: 'Whether it counts in this case. A DENY then decides.' })
  matched!: boolean;
  @Field(() => Boolean, { description: 'Whether it counts, and all that it asks for is proven.' })
  satisfied!: boolean;
  @Field(() => String, {
    description: 'Which condition fails, or which proof is missing; one sentence, in English.',
  })
  because!: string;
}

@ObjectType('AccessExplanation', { description: 'A decision, and how it came about.' })
export class AccessExplanationType {
  @Field(() => AccessDecisionType, { description: 'What the case comes to.' })
  decision!: AccessDecisionType;
  @Field(() => [RuleVerdictType], {
    description:
      'Of every rule that names a level of the path, from the top down. Also of rules that are not enabled.',
  })
  verdicts!: readonly RuleVerdictType[];
  @Field(() => String, {
    nullable: true,
    description: 'What keeps the caller out beside the rules: a user who is not active, say.',
  })
  note!: string | null;
}

@ArgsType()
export class ExplainAccessArgs {
  @Field(() => String, { description: 'A path such as /mobile-id/get.' }) resource!: string;
  @Field(() => ID, {
    nullable: true,
    description: 'About this user. Without it and `clientId`: about who is not signed in.',
  })
  userId?: string | null;
  @Field(() => ID, {
    nullable: true,
    description: 'About this API client: its `id`, not its `clientId`.',
  })
  clientId?: string | null;
  @Field(() => [EvidenceInput], {
    nullable: true,
    defaultValue: [],
    description: 'What the user is to have proven.',
  })
  evidence?: EvidenceInput[] | null;
  @Field(() => String, {
    nullable: true,
    description: "The IP address that the call is to come from; left out, the viewer's own.",
  })
  address?: string | null;
  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the operation changes something, which scopes that end in `:read` do not open; left out, whether all that the resource guards does.',
  })
  isChange?: boolean | null;
}
