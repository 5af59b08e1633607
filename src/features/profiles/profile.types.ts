import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { PageArgs } from '../audit/page-args.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import { PROFILE_STATES, type ProfileState } from './profile-state.js';

const ProfileStateEnum = graphqlEnum(PROFILE_STATES, {
  name: 'ProfileState',
  description: 'Whether a mobile ID can be used.',
  meanings: {
    ACTIVE: 'In use.',
    INACTIVE: 'Suspended, its certificates on hold; may become active again.',
    REVOKED: 'Revoked for good, its certificates with it.',
    EXPIRED: 'Past the end of its validity.',
  },
});

@ObjectType('Device', { description: 'A phone that has scanned a code.' })
export class DeviceType {
  @Field(() => ID, { description: 'Id of the device in Signet.' })
  id!: string;

  @Field(() => String, { description: 'How the phone calls itself.' })
  name!: string;

  @Field(() => String, { description: 'Its operating system.' })
  platform!: string;

  @Field(() => String, { nullable: true, description: 'Model, where the phone tells.' })
  model!: string | null;

  @Field(() => Date, { description: 'When this phone was first seen.' })
  firstSeenAt!: Date;
}

/** Fields of other slices (`project`, `user`, `device`, `certificates`) are resolved from the ids. */
@ObjectType('MobileIdProfile', { description: 'A mobile ID on one device.' })
export class MobileIdProfileType {
  @Field(() => ID, { description: "Id of the mobile ID; stands in its certificates' subjects." })
  id!: string;

  projectId!: string;
  userId!: string | null;
  deviceId!: string;

  @Field(() => String, { description: 'What the phone calls this mobile ID.' })
  name!: string;

  @Field(() => String, { description: 'The account on this phone, as its holder knows it.' })
  accountName!: string;

  @Field(() => String, { description: 'The server, as the phone shows it.' })
  serverName!: string;

  @Field(() => ProfileStateEnum, { description: 'Whether it can be used now.' })
  state!: ProfileState;

  @Field(() => Date, { description: 'Start of its validity.' })
  validFrom!: Date;

  @Field(() => Date, { description: 'End of its validity.' })
  validTo!: Date;
}

@ObjectType('MobileIdProfileConnection', { description: 'One page of mobile IDs, newest first.' })
export class MobileIdProfileConnectionType {
  @Field(() => [MobileIdProfileType], { description: 'The mobile IDs of this page.' })
  nodes!: MobileIdProfileType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@ArgsType()
export class ProfilesArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Only of this project.' })
  projectId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Only of this user.' })
  userId!: string | null;

  @Field(() => ProfileStateEnum, { nullable: true, description: 'Only in this state.' })
  state!: ProfileState | null;
}
