import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { PageInfoType } from '../audit/page-info.types.js';

/** Fields of other slices (`user`, `latestEnrolment`, `invitation`) are resolved from the ids. */
@ObjectType('ProjectMember', {
  description: 'A user in a MANAGED project, with the ID that the host system gave.',
})
export class ProjectMemberType {
  @Field(() => ID, { description: 'Id of the membership. Who is added again gets a new one.' })
  id!: string;

  userId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The ID that the host system gave; unique in the project.',
  })
  hostId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What synchronised lists of users know the member by; unique in the project.',
  })
  syncId!: string | null;

  @Field(() => Date, { description: 'When the user was added to the project.' })
  addedAt!: Date;
}

@ObjectType('ProjectMemberConnection', { description: 'One page of members, newest first.' })
export class ProjectMemberConnectionType {
  @Field(() => [ProjectMemberType], { description: 'The members of this page.' })
  nodes!: readonly ProjectMemberType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@ArgsType()
export class MembersArgs {
  @Field(() => Int, { nullable: true, defaultValue: 50, description: 'Page size, 1 to 100.' })
  first!: number | null;

  @Field(() => String, { nullable: true, description: 'endCursor of the page before.' })
  after!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Part of user name, display name, e-mail address, host ID or sync ID.',
  })
  search!: string | null;
}

@ArgsType()
export class MemberKeyArgs {
  @Field(() => ID, { nullable: true, description: 'Id of the user.' })
  userId?: string | null;

  @Field(() => String, { nullable: true, description: 'The ID that the host system gave.' })
  hostId?: string | null;

  @Field(() => String, { nullable: true, description: 'The sync ID.' })
  syncId?: string | null;
}

@ArgsType()
export class MembershipArgs {
  @Field(() => ID, { description: 'Id of the project.' })
  projectId!: string;

  @Field(() => ID, { description: 'Id of the user.' })
  userId!: string;
}

@ArgsType()
export class MemberIdsArgs extends MembershipArgs {
  @Field(() => String, {
    nullable: true,
    description: 'The ID that the host system gave; unique in the project, at most 128 characters.',
  })
  hostId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What synchronised lists of users know the member by; unique in the project, at most 128 characters.',
  })
  syncId?: string | null;
}

@ArgsType()
export class AddMemberArgs extends MemberIdsArgs {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description:
      'Whether an active user is invited at once, by the first of the project’s channels EMAIL and SMS that reaches him, unless he has a mobile ID in the project or an order under way. That needs /operator/mobile-id/supply as well.',
  })
  invite?: boolean | null;
}
