import { ArrayMaxSize } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { POST_PROBLEMS, type PostProblem } from '../../platform/guarded-post.js';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import {
  DELIVERY_STATES,
  DISABLED_REASONS,
  type DisabledReason,
  type WebhookDeliveryState,
} from './endpoints/webhook-endpoint.service.js';

const WebhookDisabledReasonEnum = graphqlEnum(DISABLED_REASONS, {
  name: 'WebhookDisabledReason',
  description: 'Why an endpoint is turned off.',
  meanings: {
    ADMINISTRATOR: 'An administrator has turned it off.',
    FAILING: 'Nothing that was sent to it was taken for three days.',
    GONE: 'It has answered 410, which says that it wants no more.',
  },
});

export const WebhookDeliveryStateEnum = graphqlEnum(DELIVERY_STATES, {
  name: 'WebhookDeliveryState',
  description: 'Where a delivery stands.',
  meanings: {
    PENDING: 'It waits for its first attempt, or for the next one.',
    DELIVERED: 'It was taken: the answer had a status of 200 to 299.',
    FAILED: 'It was given up after three days, or was a test that failed.',
  },
});

const WebhookProblemEnum = graphqlEnum(POST_PROBLEMS, {
  name: 'WebhookProblem',
  description: 'Why there was no answer.',
  meanings: {
    ADDRESS_REFUSED:
      'The name leads to an address that is not public, or plain http does not lead to an allowed network: see WEBHOOK_ALLOWED_NETWORKS.',
    NAME_NOT_FOUND: 'DNS knows no address of this name.',
    NO_CONNECTION: 'Nobody listens there.',
    TLS_FAILED: 'Its certificate is not trusted, or it speaks no TLS.',
    TIMEOUT: 'There was no answer within 15 seconds.',
    NO_ANSWER: 'The connection ended without an answer, or what came is no HTTP.',
  },
});

const TYPES =
  'Names of events, such as enrolment.active; the guide for integrators lists them. Empty: all, also those of later versions.';
const ALERT = 'Who is told by mail when it is turned off because nothing was taken.';

@ObjectType('WebhookEndpoint', {
  description: 'A URL that is told of what happens in a project, by signed messages.',
})
export class WebhookEndpointType {
  @Field(() => ID, { description: 'Id of the endpoint.' })
  id!: string;

  @Field(() => ID, { description: 'Id of the project.' })
  projectId!: string;

  @Field(() => String, { description: 'Where messages are sent.' })
  url!: string;

  @Field(() => String, { description: 'For people to read.' })
  description!: string;

  @Field(() => [String], { description: TYPES })
  eventTypes!: readonly string[];

  @Field(() => String, { nullable: true, description: `${ALERT} Null: nobody.` })
  alertEmail!: string | null;

  @Field(() => Boolean, { description: 'While it is not, nothing is sent, and nothing is lost.' })
  enabled!: boolean;

  @Field(() => WebhookDisabledReasonEnum, {
    nullable: true,
    description: 'Why it is turned off; null while it is not.',
  })
  disabledReason!: DisabledReason | null;

  @Field(() => Date, { nullable: true, description: 'When it was turned off.' })
  disabledAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Since when nothing was taken that was sent; null where the last message was.',
  })
  failingSince!: Date | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;
}

@ObjectType('WebhookEndpointSecret', {
  description: 'An endpoint, and the secret of its signatures, which is shown this once.',
})
export class WebhookEndpointSecretType {
  @Field(() => WebhookEndpointType, { description: 'The endpoint.' })
  endpoint!: WebhookEndpointType;

  @Field(() => String, {
    description:
      'What libraries of Standard Webhooks verify signatures by: `whsec_` and 32 random bytes in base64. It is shown this once.',
  })
  secret!: string;
}

@ObjectType('WebhookAttempt', { description: 'One attempt to deliver a message.' })
export class WebhookAttemptType {
  @Field(() => Date, { description: 'When it was over.' })
  at!: Date;

  @Field(() => Int, {
    nullable: true,
    description: 'HTTP status of the answer; null where there was none.',
  })
  status!: number | null;

  @Field(() => WebhookProblemEnum, {
    nullable: true,
    description: 'Why there was no answer; null where there was one.',
  })
  problem!: PostProblem | null;

  @Field(() => Int, { description: 'How long it took, in milliseconds.' })
  milliseconds!: number;
}

@ObjectType('WebhookDelivery', { description: 'One event for one endpoint.' })
export class WebhookDeliveryType {
  @Field(() => ID, { description: 'Id of the delivery.' })
  id!: string;

  @Field(() => String, {
    description:
      'The `webhook-id`: the same in each attempt and each replay. `after` of replayWebhooks takes it.',
  })
  webhookId!: string;

  @Field(() => String, { description: 'What has happened, such as enrolment.active.' })
  type!: string;

  @Field(() => String, { description: 'The body of the message, JSON.' })
  payload!: string;

  @Field(() => WebhookDeliveryStateEnum, { description: 'Where it stands.' })
  state!: WebhookDeliveryState;

  @Field(() => Int, {
    description: 'Attempts since it was due, or last sent again; one under way counts.',
  })
  attempts!: number;

  @Field(() => [WebhookAttemptType], { description: 'The last forty attempts, oldest first.' })
  attemptLog!: WebhookAttemptType[];

  @Field(() => Date, { description: 'When it came into the queue.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When it is tried next; null where it is over.',
  })
  nextAttemptAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'When it was taken or given up; it is deleted 30 days later.',
  })
  finishedAt!: Date | null;
}

@ObjectType('WebhookDeliveryConnection', { description: 'One page of deliveries, newest first.' })
export class WebhookDeliveryConnectionType {
  @Field(() => [WebhookDeliveryType], { description: 'The deliveries of this page.' })
  nodes!: WebhookDeliveryType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

const TARGET =
  'An https URL of at most 2,000 characters, without user, password and fragment, that does not lead to a private address; within WEBHOOK_ALLOWED_NETWORKS it may be private, and http.';
const DESCRIPTION = 'For people to read; at most 200 characters.';
const ENABLED = 'Whether messages are sent.';

@InputType('CreateWebhookEndpointInput', { description: 'Where to send what.' })
export class CreateWebhookEndpointInput {
  @Field(() => String, { description: TARGET })
  url!: string;

  @Field(() => String, { nullable: true, description: DESCRIPTION })
  description?: string | null;

  @ArrayMaxSize(100, { message: 'It must have at most 100 entries.' })
  @Field(() => [String], { nullable: true, description: TYPES })
  eventTypes?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: `${ALERT} Whoever makes the endpoint, if left out; null: nobody.`,
  })
  alertEmail?: string | null;

  @Field(() => Boolean, { nullable: true, description: `${ENABLED} They are, if left out.` })
  enabled?: boolean | null;
}

@InputType('UpdateWebhookEndpointInput', {
  description: 'A field left out stays as it is; null clears it where it may be empty.',
})
export class UpdateWebhookEndpointInput {
  @Field(() => String, { nullable: true, description: `${TARGET} What waits is sent there.` })
  url?: string | null;

  @Field(() => String, { nullable: true, description: DESCRIPTION })
  description?: string | null;

  @ArrayMaxSize(100, { message: 'It must have at most 100 entries.' })
  @Field(() => [String], { nullable: true, description: `${TYPES} It counts for what comes.` })
  eventTypes?: string[] | null;

  @Field(() => String, { nullable: true, description: `${ALERT} Null: nobody.` })
  alertEmail?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: `${ENABLED} Turned on again, it is told of all that has happened meanwhile.`,
  })
  enabled?: boolean | null;
}
