import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { PageArgs } from '../../audit/page-args.types.js';
import { PageInfoType } from '../../audit/page-info.types.js';
import {
  MESSAGE_TEMPLATES,
  MESSAGE_CHANNELS,
  MESSAGE_STATES,
  type MessageTemplate,
  type MessageChannel,
  type MessageState,
} from './message.js';

const MessageChannelEnum = graphqlEnum(MESSAGE_CHANNELS, {
  name: 'MessageChannel',
  description: 'How a message goes out.',
  meanings: { EMAIL: 'As a mail.', SMS: 'As a text message.' },
});

const MessageStateEnum = graphqlEnum(MESSAGE_STATES, {
  name: 'MessageState',
  description: 'Where a message has got to.',
  meanings: {
    QUEUED: 'Not handed over yet; tried again until it is given up.',
    SENT: 'The next server took it.',
    DELIVERED: 'A receipt says that it is on the phone.',
    FAILED: 'Refused for good, or given up. It can be sent again.',
    BOUNCED: 'It was taken, and came back. It can be sent again.',
    DROPPED: 'There was nothing left to say, say of a code that had run out.',
  },
});

const MessageTemplateEnum = graphqlEnum(MESSAGE_TEMPLATES, {
  name: 'MessageTemplate',
  description: 'What a message says.',
  meanings: {
    SIGN_IN_CODE: 'A one-time code.',
    PASSWORD_INVITATION: 'A link to set the first password.',
    PASSWORD_RESET: 'A link to set a new password.',
    PASSWORD_CHANGED: 'That the password was changed.',
    ENROLMENT_INVITATION: 'The QR code of an enrolment, or a link to it.',
    ENROLMENT_COMPLETED: 'That a mobile ID is active.',
    ENROLMENT_FAILED: 'That an enrolment has failed.',
    MOBILE_ID_EXPIRES: 'That a mobile ID runs out soon.',
    MOBILE_ID_RENEWED: 'That a mobile ID was renewed.',
    MEMBER_REMOVED: 'That the user is no longer in a project.',
    WEBHOOK_DISABLED: 'That a webhook endpoint is turned off.',
  },
});

@ObjectType('Message', {
  description:
    'A mail or a text message of the server. What it says is written when it is sent, and kept nowhere.',
})
export class MessageType {
  @Field(() => ID, { description: 'Id of the message.' })
  id!: string;

  @Field(() => MessageChannelEnum, { description: 'How it goes out.' })
  channel!: MessageChannel;

  @Field(() => MessageTemplateEnum, { description: 'What it says.' })
  template!: MessageTemplate;

  @Field(() => ID, {
    description:
      'What it is about: the enrolment of an ENROLMENT_ message, the user of PASSWORD_CHANGED, the endpoint of WEBHOOK_DISABLED, else something that has no page of its own.',
  })
  subjectId!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the project; null where there is none.' })
  projectId!: string | null;

  @Field(() => MessageStateEnum, { description: 'Where it has got to.' })
  state!: MessageState;

  @Field(() => Int, { description: 'How often it was tried since it was queued last.' })
  attempts!: number;

  @Field(() => Date, { nullable: true, description: 'When it is tried next; null unless QUEUED.' })
  nextAttemptAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What went wrong last, for operators. It names no address and no word of the text.',
  })
  problem!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The address or number that it went to; null where it was never tried.',
  })
  recipient!: string | null;

  @Field(() => Date, { description: 'When it was queued first.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the next server took it.' })
  sentAt!: Date | null;
}

@ObjectType('MessageConnection', { description: 'One page of messages, newest first.' })
export class MessageConnectionType {
  @Field(() => [MessageType], { description: 'The messages of this page.' })
  nodes!: MessageType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@ArgsType()
export class MessagesArgs extends PageArgs {
  @Field(() => MessageStateEnum, { nullable: true, description: 'Only in this state.' })
  state!: MessageState | null;

  @Field(() => ID, { nullable: true, description: 'Only of this project.' })
  projectId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Only about this, such as an enrolment.' })
  subjectId!: string | null;
}
