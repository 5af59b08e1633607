import { ArrayMaxSize } from 'class-validator';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { PageArgs } from '../../audit/page-args.types.js';
import { PageInfoType } from '../../audit/page-info.types.js';
import { KEY_RECOVERY_STATES, type KeyRecoveryState } from './key-recovery-state.js';

const KeyRecoveryStateEnum = graphqlEnum(KEY_RECOVERY_STATES, {
  name: 'KeyRecoveryState',
  description: 'Where a key recovery stands. The last three are final.',
  meanings: {
    REQUESTED: 'An operator has asked for it; two others have to approve.',
    APPROVED: "Both have approved: the keys go along with the holder's next mobile ID.",
    REJECTED: 'Rejected, or withdrawn.',
    EXPIRED: 'Not approved within seven days, or not used within 24 hours of the approval.',
    USED: 'A mobile ID has been made with it.',
  },
});

/** `approverId` is resolved to the user. */
@ObjectType('KeyRecoveryApproval', { description: 'One of the two approvals of a key recovery.' })
export class KeyRecoveryApprovalType {
  approverId!: string;

  @Field(() => Date, { description: 'When he approved.' })
  at!: Date;
}

/** Users, certificates and approvals are resolved from the ids. */
@ObjectType('KeyRecovery', {
  description: 'A request that a user gets earlier encryption keys onto his next phone.',
})
export class KeyRecoveryType {
  @Field(() => ID, { description: 'Id of the request.' })
  id!: string;

  userId!: string;
  requestedBy!: string;
  certificateIds!: readonly string[];

  @Field(() => String, { description: 'Why, in the words of who asked.' })
  reason!: string;

  @Field(() => KeyRecoveryStateEnum, { description: 'Where it stands.' })
  state!: KeyRecoveryState;

  @Field(() => Date, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => Date, {
    description: 'Until when the request can be approved, and once it is, the approval be used.',
  })
  expiresAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the second approver approved.' })
  approvedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When a mobile ID was made with it.' })
  usedAt!: Date | null;

  @Field(() => ID, { nullable: true, description: 'The enrolment that it was used for.' })
  enrolmentId!: string | null;
}

@ObjectType('KeyRecoveryConnection', { description: 'One page of key recoveries, newest first.' })
export class KeyRecoveryConnectionType {
  @Field(() => [KeyRecoveryType], { description: 'The key recoveries of this page.' })
  nodes!: KeyRecoveryType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@InputType('KeyRecoveryInput', { description: 'Whose keys are to be recovered, and why.' })
export class KeyRecoveryInput {
  @Field(() => ID, { description: 'The holder.' })
  userId!: string;

  @ArrayMaxSize(20, { message: 'It must have at most 20 entries.' })
  @Field(() => [ID], { description: '1 to 20 archived encryption certificates of his.' })
  certificateIds!: string[];

  @Field(() => String, { description: 'For the approvers and the audit log. 1 to 500 characters.' })
  reason!: string;
}

@ArgsType()
export class KeyRecoveriesArgs extends PageArgs {
  @Field(() => KeyRecoveryStateEnum, { nullable: true, description: 'Only in this state.' })
  state!: KeyRecoveryState | null;
}
