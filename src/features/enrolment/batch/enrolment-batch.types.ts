import { ArrayMaxSize } from 'class-validator';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { PageArgs } from '../../audit/page-args.types.js';
import { PageInfoType } from '../../audit/page-info.types.js';
import { CertificateKindEnum } from '../../certificates/certificate-kind.types.js';
import type { DeliveryChannel } from '../../projects/project.service.js';
import { DeliveryChannelEnum } from '../../projects/settings/settings.types.js';
import { EnrolmentFailureType } from '../enrolment.types.js';
import { BATCH_STATES, type BatchState } from './batch-state.js';

const BatchStateEnum = graphqlEnum(BATCH_STATES, {
  name: 'EnrolmentBatchState',
  description: 'Where a batch of orders stands. The last two are final.',
  meanings: {
    RUNNING: 'The orders are being placed, one after the other.',
    FINISHED: 'For every user there is an order, or a reason why there is none.',
    CANCELLED:
      'No more orders are placed: by an operator, or because its orderer may order no more.',
  },
});

@ObjectType('EnrolmentBatchFailure', { description: 'Why there is no order for one user.' })
export class EnrolmentBatchFailureType {
  @Field(() => ID, { description: 'Id of the user, as it was given.' })
  userId!: string;

  @Field(() => EnrolmentFailureType, { description: 'What stands in the way.' })
  failure!: EnrolmentFailureType;

  @Field(() => String, {
    nullable: true,
    description: 'More about it, a constant such as NOT_A_MEMBER.',
  })
  reason!: string | null;
}

/** `project` and `failures` are resolved from the row. */
@ObjectType('EnrolmentBatch', {
  description:
    'Orders of mobile IDs for many users at once. Its result is at GET /batches/ID.csv and, with codes on screen, as sheets to print at GET /batches/ID.pdf, for whoever ordered it.',
})
export class EnrolmentBatchType {
  @Field(() => ID, { description: 'Id of the batch.' })
  id!: string;

  @Field(() => BatchStateEnum, { description: 'Where it stands.' })
  state!: BatchState;

  @Field(() => DeliveryChannelEnum, {
    description:
      'How the codes reach the users. On SCREEN they are there to be printed, and can be scanned for as long as those in mails.',
  })
  channel!: DeliveryChannel;

  @Field(() => [CertificateKindEnum], { description: 'What the mobile IDs will hold.' })
  certificates!: readonly CertificateKind[];

  @Field(() => Int, { description: 'How many users it is for.' })
  total!: number;

  @Field(() => Int, { description: 'How many orders have been placed.' })
  ordered!: number;

  @Field(() => Int, {
    description: 'How many users were left out, as they hold a mobile ID already.',
  })
  skipped!: number;

  @Field(() => Int, { description: 'For how many users nothing could be ordered.' })
  failed!: number;

  @Field(() => Date, { description: 'When it was ordered.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it came to its end, whichever.' })
  finishedAt!: Date | null;
}

@ObjectType('EnrolmentBatchConnection', { description: 'One page of batches, newest first.' })
export class EnrolmentBatchConnectionType {
  @Field(() => [EnrolmentBatchType], { description: 'The batches of this page.' })
  nodes!: EnrolmentBatchType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@InputType('CreateEnrolmentsInput', {
  description: 'Orders for many users; what is left out comes from the project.',
})
export class CreateEnrolmentsInput {
  @ArrayMaxSize(5000, { message: 'It must have at most 5000 entries.' })
  @Field(() => [ID], {
    nullable: true,
    description: 'For whom; each once, however often it is named. Either this, or allMembers.',
  })
  userIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'For everyone who is a member of the project now.',
  })
  allMembers?: boolean | null;

  @Field(() => DeliveryChannelEnum, {
    nullable: true,
    description: "The project's first channel, if left out. SCREEN makes sheets to print.",
  })
  channel?: DeliveryChannel | null;

  @ArrayMaxSize(10, { message: 'It must have at most 10 entries.' })
  @Field(() => [CertificateKindEnum], {
    nullable: true,
    description: "The project's defaults, if left out.",
  })
  certificates?: CertificateKind[] | null;

  @Field(() => Int, { nullable: true, description: "At most, and if left out, the project's." })
  validityDays?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Leaves out users who have a mobile ID of this project, or an unfinished order. Else an unfinished order is superseded.',
  })
  skipHolders?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A repeated call with the same key returns the same batch. 1 to 200 characters, unique to the caller.',
  })
  idempotencyKey?: string | null;
}

@ArgsType()
export class EnrolmentBatchesArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Only of this project.' })
  projectId!: string | null;
}
