import { ArrayMaxSize } from 'class-validator';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import type { LostContact } from '../../kernel/lost-contact.js';
import { AccessDecisionType } from '../access/access-decision.types.js';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { LostContactEnum } from '../access/proof-exclusion.types.js';
import { PageArgs } from '../audit/page-args.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import { CertificateKindEnum } from '../certificates/certificate-kind.types.js';
import { CertificateType } from '../certificates/certificate.types.js';
import type { DeliveryChannel } from '../projects/project.service.js';
import { DeliveryChannelEnum } from '../projects/settings/settings.types.js';
import { DELIVERY_STATES, type DeliveryState } from './delivery-state.js';
import { ENROLMENT_STATUSES, type EnrolmentStatus } from './enrolment-status.js';

const EnrolmentStatusEnum = graphqlEnum(ENROLMENT_STATUSES, {
  name: 'EnrolmentStatus',
  description: 'Where an enrolment stands. The last five are final.',
  meanings: {
    DELIVERING: 'The mail or text message with the QR code is on its way.',
    WAITING_FOR_SCAN: 'The code can be scanned.',
    CODE_EXPIRED: 'The code ran out unscanned; renewEnrolmentCode goes on.',
    SCANNED: 'A phone has claimed the code and shows what it will make.',
    AWAITING_CONFIRMATION: 'The phone shows a code that has to be confirmed.',
    CONFIRMED: 'The user or an operator has confirmed the phone.',
    ISSUING: "The phone's requests have arrived; certificates are being issued.",
    ACTIVE: 'Ended well: the profile is active and its certificates are valid.',
    CANCELLED: 'Ended by its owner, by the phone, or by an operator.',
    EXPIRED: 'Ended by its deadline.',
    FAILED: 'Ended by a failure, which `failure` names.',
    SUPERSEDED: 'A newer enrolment of the same user in the same project took its place.',
  },
});

const DeliveryStateEnum = graphqlEnum(DELIVERY_STATES, {
  name: 'DeliveryState',
  description: 'Where the mail or text message of an enrolment has got to.',
  meanings: {
    QUEUED: 'Not handed over yet; tried again until it is given up.',
    SENT: 'The next server took it.',
    FAILED: 'Refused for good, or given up.',
    BOUNCED: 'It was taken, and came back.',
  },
});

@ObjectType('EnrolmentFailure', { description: 'Why an enrolment failed.' })
export class EnrolmentFailureType {
  @Field(() => String, {
    description: 'A code of the table of errors, such as CONFIRMATION_WRONG.',
  })
  code!: string;

  @Field(() => String, { description: 'The same for people to read.' })
  message!: string;
}

/** Fields of other slices (`project`, `user`, `device`, `profile`), `qr` and `events` are resolved from the row. */
@ObjectType('Enrolment', {
  description: 'One run of "get mobile ID", from the order to the active profile.',
})
export class EnrolmentType {
  @Field(() => ID, { description: 'Id of the enrolment.' })
  id!: string;

  @Field(() => EnrolmentStatusEnum, { description: 'Where it stands.' })
  status!: EnrolmentStatus;

  @Field(() => [CertificateKindEnum], { description: 'What it will hold.' })
  certificates!: readonly CertificateKind[];

  @Field(() => DeliveryChannelEnum, {
    nullable: true,
    description: "Null where the phone scanned a project's activation code.",
  })
  channel!: DeliveryChannel | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Until when the code can be scanned; null once it no longer can.',
  })
  codeExpiresAt!: Date | null;

  @Field(() => Date, { description: 'The end of the whole enrolment, renewals included.' })
  expiresAt!: Date;

  @Field(() => DeliveryStateEnum, {
    nullable: true,
    description:
      'Where the mail or text message that carries the code has got to; null where the code is on screen.',
  })
  delivery!: DeliveryState | null;

  @Field(() => Date, {
    nullable: true,
    description: 'When the link of the mail or text message was first opened.',
  })
  openedAt!: Date | null;

  @Field(() => Date, { description: 'When it was ordered.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it came to its end, whichever.' })
  completedAt!: Date | null;
}

@ObjectType('EnrolmentEvent', { description: 'One step of an enrolment.' })
export class EnrolmentEventType {
  @Field(() => String, {
    description:
      'Opaque, and ordered within its subscription; pass as `after` to resume with nothing lost and nothing twice.',
  })
  cursor!: string;

  enrolmentId!: string;

  @Field(() => EnrolmentStatusEnum, { description: 'The status that this step led to.' })
  status!: EnrolmentStatus;

  @Field(() => Date, { description: 'When it happened.' })
  at!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'More for people to read, such as the name of the phone that has scanned.',
  })
  detail!: string | null;
}

@ObjectType('StartedEnrolment', { description: 'An enrolment that was ordered.' })
export class StartedEnrolmentType {
  @Field(() => EnrolmentType, { description: 'The enrolment, with its QR code.' })
  enrolment!: EnrolmentType;

  @Field(() => String, {
    description: 'Lets a page that has no session watch this one enrolment, and nothing else.',
  })
  watchToken!: string;
}

@ObjectType('EnrolmentConnection', { description: 'One page of enrolments, newest first.' })
export class EnrolmentConnectionType {
  @Field(() => [EnrolmentType], { description: 'The enrolments of this page.' })
  nodes!: EnrolmentType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@ObjectType('MobileIdOffer', {
  description: "What the viewer may order: the user's side of a project.",
})
export class MobileIdOfferType {
  @Field(() => ID, { description: 'Id of the project.' })
  projectId!: string;

  @Field(() => String, { description: 'Name of the project.' })
  name!: string;

  @Field(() => [CertificateKindEnum], { description: 'Issued when the caller names none.' })
  defaultCertificates!: readonly CertificateKind[];

  @Field(() => [CertificateKindEnum], { description: 'What the caller may choose from.' })
  selectableCertificates!: readonly CertificateKind[];

  @Field(() => [DeliveryChannelEnum], { description: 'How the code can reach the phone.' })
  channels!: readonly DeliveryChannel[];

  @Field(() => Int, { description: 'How long the mobile ID is valid at most, in days.' })
  validityDays!: number;

  @Field(() => String, { description: 'What to tell the user.' })
  instructions!: string;

  @Field(() => AccessDecisionType, {
    description: 'What ordering still needs: the decision on /mobile-id/get.',
  })
  access!: AccessDecisionType;

  @Field(() => EnrolmentType, {
    nullable: true,
    description: 'Not finished yet; a new order supersedes it.',
  })
  pendingEnrolment!: EnrolmentType | null;

  @Field(() => [CertificateType], {
    description:
      "The user's earlier encryption certificates that an order can bring along, newest first: by the rules for /mobile-id/recover, or as operators have approved. Empty where the project or the server does not allow it.",
  })
  recoverableCertificates!: CertificateType[];
}

@InputType('StartEnrolmentInput', {
  description: 'An order; what is left out comes from the project.',
})
export class StartEnrolmentInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The project of what is replaced, else the only offer, if left out.',
  })
  projectId?: string | null;

  @ArrayMaxSize(10, { message: 'It must have at most 10 entries.' })
  @Field(() => [CertificateKindEnum], {
    nullable: true,
    description: "The project's defaults, if left out.",
  })
  certificates?: CertificateKind[] | null;

  @Field(() => DeliveryChannelEnum, {
    nullable: true,
    description: "The project's first channel, if left out.",
  })
  channel?: DeliveryChannel | null;

  @Field(() => Int, { nullable: true, description: "At most, and if left out, the project's." })
  validityDays?: number | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'A mobile ID of the user in this project, revoked at the moment the new one becomes active. It does not count against the limit, and what was proven with it does not count for this order.',
  })
  replacesProfileId?: string | null;

  @ArrayMaxSize(10, { message: 'It must have at most 10 entries.' })
  @Field(() => [LostContactEnum], {
    nullable: true,
    description:
      'What the user has lost: codes sent there do not count for this order, and the code of the order does not go there.',
  })
  declaredLost?: LostContact[] | null;
  @ArrayMaxSize(20, { message: 'It must have at most 20 entries.' })
  @Field(() => [ID], {
    nullable: true,
    description:
      'Earlier encryption certificates to bring along, out of `recoverableCertificates`. For oneself it needs /mobile-id/recover, for another user an approved key recovery.',
  })
  recoverCertificateIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A repeated call with the same key returns the same enrolment. 1 to 200 characters, unique to the caller.',
  })
  idempotencyKey?: string | null;
}

@ArgsType()
export class EnrolmentsArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Only of this project.' })
  projectId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Only of this user.' })
  userId!: string | null;

  @Field(() => EnrolmentStatusEnum, { nullable: true, description: 'Only in this status.' })
  status!: EnrolmentStatus | null;
}
