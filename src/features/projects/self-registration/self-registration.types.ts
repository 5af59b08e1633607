import { ArrayMaxSize } from 'class-validator';
import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, InputType, Int, ObjectType } from 'type-graphql';

/** The service says how many there may be; this only keeps it from reading more. */
const MAX_RANGES = 2000;

@ObjectType('BlockedRange', {
  description: 'IDs that are not assigned, both ends included: cards that are in use already.',
})
class BlockedRangeType {
  @Field(() => GraphQLSafeInt, { description: 'The first of them.' })
  from!: number;

  @Field(() => GraphQLSafeInt, { description: 'The last of them.' })
  to!: number;
}

/** Fields that are made of others (`qr`, `pdf`, `nextId`) are resolved from the row. */
@ObjectType('SelfRegistration', {
  description: 'How phones come into a project by themselves, and which IDs they are assigned.',
})
export class SelfRegistrationType {
  @Field(() => Boolean, { description: 'Whether activation is paused.' })
  paused!: boolean;

  @Field(() => Int, { nullable: true, description: 'How many IDs may be assigned; null for any.' })
  quota!: number | null;

  @Field(() => Int, { description: 'How many IDs were assigned, those since revoked included.' })
  used!: number;

  @Field(() => GraphQLSafeInt, { description: 'The first ID that may be assigned.' })
  firstId!: number;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'The ID that was assigned last; null before the first.',
  })
  lastId!: number | null;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'The highest ID that may be assigned; null for any.',
  })
  ceiling!: number | null;

  @Field(() => String, { description: 'What stands in front of each ID.' })
  idPrefix!: string;

  @Field(() => Int, {
    description: 'How many digits IDs have, with zeros in front; 0 for as many as it takes.',
  })
  idWidth!: number;

  @Field(() => [BlockedRangeType], {
    description: 'IDs that are not assigned, the lowest first, none touching another.',
  })
  blockedRanges!: readonly BlockedRangeType[];
}

@InputType('BlockedRangeInput', {
  description: 'IDs that are not to be assigned, both ends included.',
})
class BlockedRangeInput {
  @Field(() => GraphQLSafeInt, { description: 'The first of them.' })
  from!: number;

  @Field(() => GraphQLSafeInt, { description: 'The last of them.' })
  to!: number;
}

@InputType('IdPolicyInput', { description: 'Which IDs a new project assigns.' })
export class IdPolicyInput {
  @Field(() => GraphQLSafeInt, {
    nullable: true,
    defaultValue: 1,
    description: 'The first ID. It cannot be changed later.',
  })
  firstId?: number | null;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'The highest ID; if left out, the highest that fits the width.',
  })
  ceiling?: number | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: '',
    description:
      'What stands in front of each ID: letters, digits and . _ / - after a letter or digit, at most 20 characters. It cannot be changed later.',
  })
  idPrefix?: string | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 0,
    description:
      'How many digits IDs have, with zeros in front, at most 15; 0 for as many as it takes. It cannot be changed later.',
  })
  idWidth?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many IDs may be assigned; any number, if left out.',
  })
  quota?: number | null;

  @ArrayMaxSize(MAX_RANGES, { message: `It must have at most ${String(MAX_RANGES)} entries.` })
  @Field(() => [BlockedRangeInput], {
    nullable: true,
    defaultValue: [],
    description: 'At most 1000 ranges.',
  })
  blockedRanges?: BlockedRangeInput[] | null;
}

@InputType('UpdateIdPolicyInput', {
  description: 'What changes of the IDs to come. What is left out stays.',
})
export class UpdateIdPolicyInput {
  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description:
      'The highest ID, at least the one assigned last; null for the highest that fits the width.',
  })
  ceiling?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many IDs may be assigned, at least as many as were; null for any number.',
  })
  quota?: number | null;

  @ArrayMaxSize(MAX_RANGES, { message: `It must have at most ${String(MAX_RANGES)} entries.` })
  @Field(() => [BlockedRangeInput], {
    nullable: true,
    description: 'All blocked ranges, at most 1000: an empty list blocks nothing. Not null.',
  })
  blockedRanges?: BlockedRangeInput[] | null;
}
