import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { AuthenticationMethod, Role } from '../../../kernel/actor.js';
import type { RuleId } from '../../../kernel/ids.js';
import { graphqlEnum } from '../graphql-enum.types.js';
import { AuthenticationMethodEnum, RoleEnum } from '../identity.types.js';
import { ACCESS_EFFECTS, CALLER_KINDS, type AccessEffect, type CallerKind } from '../judge/rule.js';
import { WEEKDAYS, type Weekday } from '../judge/time-window.js';

const AccessEffectEnum = graphqlEnum(ACCESS_EFFECTS, {
  name: 'AccessEffect',
  description: 'What a rule does to callers it matches.',
  meanings: {
    ALLOW: 'Lets them in once its requirements are met.',
    DENY: 'Keeps them out, whatever other rules say.',
  },
});

const CallerKindEnum = graphqlEnum(CALLER_KINDS, {
  name: 'CallerKind',
  description:
    'Whom a rule speaks of. Watch tokens and phones carry their own right to one enrolment and are no callers here.',
  meanings: {
    ANONYMOUS: 'A person who is not signed in.',
    USER: 'A person who is signed in.',
    API_CLIENT: 'A trusted application.',
  },
});

const WeekdayEnum = graphqlEnum(WEEKDAYS, {
  name: 'Weekday',
  description: 'A day of the week.',
});

@ObjectType('AuthenticationRequirement', {
  description: 'One way to meet a clause: a method, perhaps of one provider, perhaps recently.',
})
export class AuthenticationRequirementType {
  @Field(() => AuthenticationMethodEnum, { description: 'The method that must have been used.' })
  method!: AuthenticationMethod;
  @Field(() => String, {
    nullable: true,
    description: 'Only evidence of this provider counts; null: of any.',
  })
  provider!: string | null;
  @Field(() => Int, {
    nullable: true,
    description: 'How old the evidence may be, in seconds; null: as old as the session.',
  })
  maxAgeSeconds!: number | null;
}

@ObjectType('AuthenticationClause', {
  description: 'One part of what a rule asks for; any of its requirements will do.',
})
export class AuthenticationClauseType {
  @Field(() => [AuthenticationRequirementType], { description: 'The alternatives.' })
  anyOf!: readonly AuthenticationRequirementType[];
}

const WINDOW_DESCRIPTION =
  'Days are those on which the window begins; `to` at or before `from` means the next day.';
const ZONE_DESCRIPTION = 'IANA name, such as Europe/Zurich; its summer time is taken into account.';

@ObjectType('TimeWindow', { description: WINDOW_DESCRIPTION })
export class TimeWindowType {
  @Field(() => [WeekdayEnum], { description: 'Days on which the window begins.' })
  days!: readonly Weekday[];
  @Field(() => String, { description: 'HH:MM, inclusive.' }) from!: string;
  @Field(() => String, { description: 'HH:MM, exclusive.' }) to!: string;
  @Field(() => String, { description: ZONE_DESCRIPTION }) timeZone!: string;
}

const CONDITION = {
  callers: 'USER, if left out.',
  roles: 'The caller has any of these roles. An ADMIN is an OPERATOR too.',
  groups: 'The caller is in any of these groups.',
  notGroups: 'The caller is in none of these groups.',
  networks: 'CIDR blocks, IPv4 and IPv6.',
  windows: 'It is now within any of these windows.',
  scopes: 'OAuth 2 scopes; an API client needs all of them.',
};
const CONDITIONS_DESCRIPTION =
  'Every condition that is not empty must hold; inside one, any entry will do (of `scopes`, all).';

@ObjectType('AccessConditions', { description: CONDITIONS_DESCRIPTION })
export class AccessConditionsType {
  @Field(() => [CallerKindEnum], { description: CONDITION.callers })
  callers!: readonly CallerKind[];
  @Field(() => [RoleEnum], { description: CONDITION.roles }) roles!: readonly Role[];
  @Field(() => [String], { description: CONDITION.groups }) groups!: readonly string[];
  @Field(() => [String], { description: CONDITION.notGroups }) notGroups!: readonly string[];
  @Field(() => [String], { description: CONDITION.networks }) networks!: readonly string[];
  @Field(() => [TimeWindowType], { description: CONDITION.windows })
  windows!: readonly TimeWindowType[];
  @Field(() => [String], { description: CONDITION.scopes }) scopes!: readonly string[];
}

const RULE = {
  name: 'What the rule is called, at most 100 characters.',
  description: 'Why there is this rule.',
  enabled: 'A rule that is not enabled is as if it were not there.',
  effect: 'Whether it lets callers in or keeps them out.',
  resources: 'Resource paths; a path covers everything below it.',
};

@ObjectType('AccessRule', {
  description: `Guards resources. Default deny; a matching DENY wins. For people, at each level of the resource path that has ALLOW rules at
least one must be satisfied, so a parent's requirements and its child's add up; rules on one level are alternatives, so to
tighten, edit the rule, do not add one. An API client needs a matching ALLOW rule with scopes on the resource itself.
\`require\` is an AND of ORs: every clause needs one of its methods; empty on a DENY.`,
})
export class AccessRuleType {
  @Field(() => ID, { description: 'Names the rule for good.' }) id!: RuleId;
  @Field(() => String, { description: RULE.name }) name!: string;
  @Field(() => String, { nullable: true, description: RULE.description })
  description!: string | null;
  @Field(() => Boolean, { description: RULE.enabled }) enabled!: boolean;
  @Field(() => AccessEffectEnum, { description: RULE.effect }) effect!: AccessEffect;
  @Field(() => [String], { description: RULE.resources }) resources!: readonly string[];
  @Field(() => AccessConditionsType, { description: 'To whom, where and when it applies.' })
  when!: AccessConditionsType;
  @Field(() => [AuthenticationClauseType], {
    description: 'What has to be proven, every clause of it. Empty: nothing.',
  })
  require!: readonly AuthenticationClauseType[];
  @Field(() => Date, { description: 'When it was last changed.' }) updatedAt!: Date;
  /** No field: whether a version of the rule itself shows it. */
  isWithinHistory?: boolean;
}

@InputType({ description: 'One way to meet a clause.' })
export class AuthenticationRequirementInput {
  @Field(() => AuthenticationMethodEnum, { description: 'The method that must have been used.' })
  method!: AuthenticationMethod;
  @Field(() => String, { nullable: true, description: 'Only evidence of this provider counts.' })
  provider?: string | null;
  @Field(() => Int, { nullable: true, description: 'How old the evidence may be, at least 1.' })
  maxAgeSeconds?: number | null;
}

@InputType({ description: 'One part of what a rule asks for.' })
export class AuthenticationClauseInput {
  @Field(() => [AuthenticationRequirementInput], { description: 'The alternatives, at least one.' })
  anyOf!: AuthenticationRequirementInput[];
}

@InputType({ description: WINDOW_DESCRIPTION })
export class TimeWindowInput {
  @Field(() => [WeekdayEnum], { description: 'Days on which the window begins, at least one.' })
  days!: Weekday[];
  @Field(() => String, { description: 'HH:MM, inclusive.' }) from!: string;
  @Field(() => String, { description: 'HH:MM, exclusive.' }) to!: string;
  @Field(() => String, { description: ZONE_DESCRIPTION }) timeZone!: string;
}

@InputType({ description: CONDITIONS_DESCRIPTION })
export class AccessConditionsInput {
  @Field(() => [CallerKindEnum], { nullable: true, description: CONDITION.callers })
  callers?: CallerKind[] | null;
  @Field(() => [RoleEnum], { nullable: true, description: CONDITION.roles })
  roles?: Role[] | null;
  @Field(() => [String], { nullable: true, description: CONDITION.groups })
  groups?: string[] | null;
  @Field(() => [String], { nullable: true, description: CONDITION.notGroups })
  notGroups?: string[] | null;
  @Field(() => [String], { nullable: true, description: CONDITION.networks })
  networks?: string[] | null;
  @Field(() => [TimeWindowInput], { nullable: true, description: CONDITION.windows })
  windows?: TimeWindowInput[] | null;
  @Field(() => [String], { nullable: true, description: CONDITION.scopes })
  scopes?: string[] | null;
}

@InputType({ description: 'A new access rule.' })
export class AccessRuleInput {
  @Field(() => String, { description: RULE.name }) name!: string;
  @Field(() => String, { nullable: true, description: RULE.description })
  description?: string | null;
  @Field(() => Boolean, { nullable: true, defaultValue: true, description: RULE.enabled })
  enabled?: boolean | null;
  @Field(() => AccessEffectEnum, { defaultValue: 'ALLOW', description: RULE.effect })
  effect!: AccessEffect;
  @Field(() => [String], { description: RULE.resources }) resources!: string[];
  @Field(() => AccessConditionsInput, {
    nullable: true,
    description: 'To whom, where and when it applies. Left out: to every signed-in user.',
  })
  when?: AccessConditionsInput | null;
  @Field(() => [AuthenticationClauseInput], { description: 'Empty: no sign-in needed.' })
  require!: AuthenticationClauseInput[];
}

@InputType({
  description:
    'A change of an access rule. A field left out stays as it is; null clears it where it may be empty, else INVALID_INPUT.',
})
export class UpdateAccessRuleInput {
  @Field(() => String, { nullable: true, description: RULE.name }) name?: string | null;
  @Field(() => String, { nullable: true, description: RULE.description })
  description?: string | null;
  @Field(() => Boolean, { nullable: true, description: RULE.enabled }) enabled?: boolean | null;
  @Field(() => AccessEffectEnum, { nullable: true, description: RULE.effect })
  effect?: AccessEffect | null;
  @Field(() => [String], { nullable: true, description: RULE.resources })
  resources?: string[] | null;
  @Field(() => AccessConditionsInput, {
    nullable: true,
    description: 'Replaces all conditions, also those left out of it.',
  })
  when?: AccessConditionsInput | null;
  @Field(() => [AuthenticationClauseInput], {
    nullable: true,
    description: 'Replaces all clauses. Empty: no sign-in needed.',
  })
  require?: AuthenticationClauseInput[] | null;
}
