import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Role } from '../../kernel/actor.js';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { RoleEnum } from '../access/identity.types.js';
import { PageArgs } from '../audit/page-args.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import { USER_STATES, type UserState } from './user.js';

const UserStateEnum = graphqlEnum(USER_STATES, {
  name: 'UserState',
  description: 'Where a user stands. Only an ACTIVE user can sign in.',
  meanings: {
    REGISTERED: 'Known, but not yet activated.',
    ACTIVE: 'May sign in.',
    INACTIVE: 'Suspended; can be activated again.',
    LOCKED: 'Shut out for good: mobile IDs are revoked and sessions ended. Final.',
  },
});

@ObjectType('User', { description: 'A person.' })
export class UserType {
  @Field(() => ID, { description: 'Id of the user in Signet.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: "The host system's own key for this user, unique.",
  })
  externalId!: string | null;

  @Field(() => String, {
    description: 'The name to sign in with; unique, whether in capitals or small letters.',
  })
  username!: string;

  @Field(() => String, { description: 'The name that people read.' })
  displayName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'E-mail address, for codes, invitations and notices.',
  })
  email!: string | null;

  @Field(() => String, { nullable: true, description: 'Mobile number in E.164 format.' })
  phone!: string | null;

  @Field(() => UserStateEnum, { description: 'Only an ACTIVE user can sign in.' })
  state!: UserState;

  @Field(() => [RoleEnum], { description: 'Roles held; ADMIN implies OPERATOR.' })
  roles!: readonly Role[];

  @Field(() => [String], { description: 'Groups that access rules can speak of.' })
  groups!: readonly string[];

  @Field(() => Date, { description: 'When the user was added.' })
  createdAt!: Date;
}

@ObjectType('UserSummary', { description: 'What others may know of a user.' })
export class UserSummaryType {
  @Field(() => ID, { description: 'Id of the user in Signet.' })
  id!: string;

  @Field(() => String, { description: 'The name to sign in with.' })
  username!: string;

  @Field(() => String, { description: 'The name that people read.' })
  displayName!: string;
}

@ObjectType('UserConnection', { description: 'One page of users, newest first.' })
export class UserConnectionType {
  @Field(() => [UserType], { description: 'The users of this page.' })
  nodes!: readonly UserType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@InputType('CreateUserInput', { description: 'A user to be added.' })
export class CreateUserInput {
  @Field(() => String, {
    nullable: true,
    description: "The host system's own key for this user, unique, at most 128 characters.",
  })
  externalId?: string | null;

  @Field(() => String, {
    description: 'Unique, 1 to 64 visible characters without spaces.',
  })
  username!: string;

  @Field(() => String, { description: 'The name that people read, at most 200 characters.' })
  displayName!: string;

  @Field(() => String, { nullable: true, description: 'E-mail address.' })
  email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Mobile number in E.164 format, such as +41441234567.',
  })
  phone?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A first password, 12 to 256 characters and none of the commonest; without it the user is invited by mail to set one, or comes in by SAML.',
  })
  password?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description:
      'Whether a user without a password is invited by mail to set one, as soon as he is ACTIVE and has an address. False for who comes in by other methods only.',
  })
  invite?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    defaultValue: [],
    description: 'At most 100 groups of at most 64 characters.',
  })
  groups?: string[] | null;

  @Field(() => UserStateEnum, {
    defaultValue: 'ACTIVE',
    description: 'State to begin with; not LOCKED.',
  })
  state!: UserState;
}

@InputType('UpdateUserInput', {
  description: 'A field left out stays as it is; null clears it where it may be empty.',
})
export class UpdateUserInput {
  @Field(() => String, { nullable: true, description: 'The name that people read.' })
  displayName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'E-mail address. A change ends what was proven with the old one.',
  })
  email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Mobile number in E.164 format. A change ends what was proven with the old one.',
  })
  phone?: string | null;

  @Field(() => [String], { nullable: true, description: 'All groups of the user.' })
  groups?: string[] | null;
}

@ArgsType()
export class UsersArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: 'Part of user name, display name or e-mail address.',
  })
  search!: string | null;
}
