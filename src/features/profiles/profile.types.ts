import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { PageArgs } from '../audit/page-args.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import { PROFILE_STATES, SUSPENDERS, type ProfileState, type Suspender } from './profile-state.js';
import { REVOCATION_CAUSES } from './revocation-cause.js';

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

const SuspenderEnum = graphqlEnum(SUSPENDERS, {
  name: 'ProfileSuspender',
  description: 'Who has suspended a mobile ID.',
  meanings: {
    HOLDER: 'Its holder, who can lift it himself.',
    OPERATOR: 'An operator; only operators lift it.',
    ACCOUNT: 'The account: its user was deactivated. It is lifted when he is activated again.',
    PROJECT: 'The project: its user was removed from it. It is lifted when he is added again.',
  },
});

export const RevocationCauseEnum = graphqlEnum(REVOCATION_CAUSES, {
  name: 'RevocationCause',
  description:
    'Why a mobile ID is revoked, as relying parties are told: a CRLReason of RFC 5280 section 5.3.1.',
  meanings: {
    UNSPECIFIED: 'Relying parties are told none.',
    KEY_COMPROMISE: 'Somebody else may have the keys, or the phone with them.',
    AFFILIATION_CHANGED: 'What the certificates say of their holder no longer holds.',
    SUPERSEDED: 'Another mobile ID took its place.',
    CESSATION_OF_OPERATION: 'It is no longer needed.',
    PRIVILEGE_WITHDRAWN: 'Its holder may no longer use it.',
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

  @Field(() => [SuspenderEnum], {
    description:
      'Who has suspended it; empty unless it is INACTIVE, which it is while anybody has.',
  })
  suspendedBy!: readonly Suspender[];

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
