import { Field, Int, ObjectType } from 'type-graphql';
import type { AuthenticationMethod } from '../../kernel/actor.js';
import { graphqlEnum } from './graphql-enum.types.js';
import { AuthenticationMethodEnum } from './identity.types.js';
import { ACCESS_OUTCOMES, type AccessOutcome } from './judge/judge.js';
import { MISSING_REASONS, type MissingReason } from './judge/requirements.js';

const AccessOutcomeEnum = graphqlEnum(ACCESS_OUTCOMES, {
  name: 'AccessOutcome',
  description: 'Whether the viewer may use a resource, and if not, what would help.',
  meanings: {
    ALLOWED: 'It may be used now.',
    SIGN_IN_REQUIRED: 'Signing in may help.',
    STEP_UP_REQUIRED: 'Proving what is missing helps.',
    FORBIDDEN: 'No sign-in helps.',
  },
});

const MissingReasonEnum = graphqlEnum(MISSING_REASONS, {
  name: 'MissingReason',
  description: 'Why a requirement is not met.',
  meanings: {
    ABSENT: 'It was not proven in this session.',
    STALE: 'It was proven too long ago.',
    SAME_CREDENTIAL:
      'It was proven with the very credential that is being provisioned, replaced or recovered.',
  },
});

@ObjectType('SignInOption', { description: 'A way in which this viewer can prove who he is.' })
export class SignInOptionType {
  @Field(() => AuthenticationMethodEnum, { description: 'The method it gives evidence of.' })
  method!: AuthenticationMethod;
  @Field(() => String, { nullable: true, description: 'Which one, where the method has several.' })
  provider!: string | null;
  @Field(() => String, { description: 'For people to read.' }) label!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Where a browser starts, for redirecting methods such as SAML.',
  })
  url!: string | null;
}

@ObjectType('MissingRequirement', { description: 'One way to meet a missing clause.' })
export class MissingRequirementType {
  @Field(() => AuthenticationMethodEnum, { description: 'The method that has to be used.' })
  method!: AuthenticationMethod;
  @Field(() => String, { nullable: true, description: 'Only evidence of this provider counts.' })
  provider!: string | null;
  @Field(() => Int, { nullable: true, description: 'How old the evidence may be, in seconds.' })
  maxAgeSeconds!: number | null;
  @Field(() => MissingReasonEnum, { description: 'Why it is not met.' }) reason!: MissingReason;
  @Field(() => Date, { nullable: true, description: 'When it was last proven in this session.' })
  lastAt!: Date | null;
  @Field(() => SignInOptionType, {
    nullable: true,
    description:
      'How this viewer can give it; null where it has not been set up, or where nothing that he has would count.',
  })
  option!: SignInOptionType | null;
}

@ObjectType('MissingClause', { description: 'One thing that still has to be proven.' })
export class MissingClauseType {
  @Field(() => [MissingRequirementType], { description: 'The alternatives; any one will do.' })
  anyOf!: readonly MissingRequirementType[];
}

@ObjectType('AccessDecision', { description: 'What the access rules say to a viewer.' })
export class AccessDecisionType {
  @Field(() => String, { description: 'The path that was asked about.' }) resource!: string;
  @Field(() => AccessOutcomeEnum, { description: 'What they say.' }) outcome!: AccessOutcome;
  @Field(() => [MissingClauseType], {
    description: 'What would still open the resource; empty where no sign-in can help.',
  })
  missing!: readonly MissingClauseType[];
}
