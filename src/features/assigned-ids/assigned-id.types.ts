import { GraphQLSafeInt } from 'graphql-scalars';
import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import type { ProfileId } from '../../kernel/ids.js';
import {
  ASSIGNED_ID_EVENT_KINDS,
  ASSIGNED_ID_STATUSES,
  type AssignedIdEventKind,
  type AssignedIdStatus,
} from './assigned-id.js';

const AssignedIdStatusEnum = graphqlEnum(ASSIGNED_ID_STATUSES, {
  name: 'AssignedIdStatus',
  description: 'Where an assigned ID stands with the host system.',
  meanings: {
    ASSIGNED: 'A phone has it; the host system has not said whose it is.',
    CONFIRMED: 'The host system has said which of its users it belongs to.',
    REVOKED: 'It was revoked, alone or with its mobile ID. Nobody gets it again.',
  },
});

const AssignedIdEventKindEnum = graphqlEnum(ASSIGNED_ID_EVENT_KINDS, {
  name: 'AssignedIdEventKind',
  description: 'What became of an assigned ID.',
  meanings: {
    ASSIGNED: 'A phone has got it.',
    REACTIVATED: 'The same phone was activated again: a new mobile ID stands under the same ID.',
    CONFIRMED: 'The host system has said which of its users it belongs to.',
    UNCONFIRMED: 'The host system has taken that back.',
    REVOKED: 'It was revoked for good.',
  },
});

/** The field `profile` is resolved from the id. */
@ObjectType('AssignedId', {
  description: 'The ID that a phone was assigned in a SELF_REGISTRATION project.',
})
export class AssignedIdType {
  @Field(() => ID, { description: 'Id in Signet; `value` is what readers see.' })
  id!: string;

  @Field(() => GraphQLSafeInt, { description: 'Its number. No other ID of the project has it.' })
  number!: number;

  @Field(() => String, {
    description: 'With prefix and width, as readers and the host system see it.',
  })
  value!: string;

  @Field(() => AssignedIdStatusEnum, { description: 'Where it stands with the host system.' })
  status!: AssignedIdStatus;

  @Field(() => String, {
    nullable: true,
    description: "The user's key in the host system, once it has confirmed the registration.",
  })
  hostReference!: string | null;

  profileId!: ProfileId;

  @Field(() => Date, { description: 'When the phone got it.' })
  assignedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the host system confirmed it.' })
  confirmedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'When the phone was last seen alive: at its activation, or when its holder opened the phone page. Noted once an hour at most.',
  })
  lastSeenAt!: Date | null;
}

@ObjectType('AssignedIdConnection', {
  description: 'One page of assigned IDs, the highest number first.',
})
export class AssignedIdConnectionType {
  @Field(() => [AssignedIdType], { description: 'The IDs of this page.' })
  nodes!: AssignedIdType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

/** The field `assignedId` is resolved from the id. */
@ObjectType('AssignedIdEvent', { description: 'Something that became of an assigned ID.' })
export class AssignedIdEventType {
  @Field(() => String, {
    description:
      'Opaque, and ordered within its subscription; pass as `after` to resume with nothing lost and nothing twice.',
  })
  cursor!: string;

  assignedIdId!: string;

  @Field(() => AssignedIdEventKindEnum, { description: 'What happened.' })
  kind!: AssignedIdEventKind;

  @Field(() => Date, { description: 'When it happened.' })
  at!: Date;
}

@ArgsType()
export class AssignedIdsArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 50,
    description: 'Page size, 1 to 100.',
  })
  first!: number | null;

  @Field(() => String, { nullable: true, description: 'endCursor of the page before.' })
  after!: string | null;

  @Field(() => AssignedIdStatusEnum, { nullable: true, description: 'Only in this state.' })
  status!: AssignedIdStatus | null;

  @Field(() => String, {
    nullable: true,
    description: "Part of the value or of the host system's reference.",
  })
  search!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Only these values, at most 100. Those that were never assigned are missing.',
  })
  values!: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "Only those that belong to these of the host system's users, at most 100.",
  })
  hostReferences!: string[] | null;

  @Field(() => Date, { nullable: true, description: 'Only those whose phone was not seen since.' })
  notSeenSince!: Date | null;
}

@ArgsType()
export class NamedIdArgs {
  @Field(() => ID, { description: 'Id of the project.' })
  projectId!: string;

  @Field(() => String, { description: 'The ID, exactly as it was assigned.' })
  value!: string;
}

const TOKEN_DESCRIPTION =
  "What the host system's registration page was given with the ID, by which its visitor shows that he has the phone.";

@ArgsType()
export class LookedUpIdArgs extends NamedIdArgs {
  @Field(() => String, {
    nullable: true,
    description: `${TOKEN_DESCRIPTION} The answer is null where it is that of another ID.`,
  })
  registrationToken!: string | null;
}

@ArgsType()
export class ConfirmedIdArgs extends NamedIdArgs {
  @Field(() => String, {
    description: "The user's key in the host system, at most 200 characters.",
  })
  hostReference!: string;

  @Field(() => String, {
    nullable: true,
    description: `${TOKEN_DESCRIPTION} FORBIDDEN with \`reason\` REGISTRATION_TOKEN where it is that of another ID. IDs are consecutive, and without it this call believes its caller: a page that anybody can open must pass it on.`,
  })
  registrationToken!: string | null;
}
