import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { filterId, type ProjectId } from '../../../kernel/ids.js';
import { pageRequest } from '../../../kernel/pagination.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import type { MessageService } from './message.service.js';
import { MessageConnectionType, MessagesArgs, MessageType } from './message.types.js';
import type { ResendService } from './resend.service.js';

interface Services {
  readonly work: UnitOfWork;
  readonly messages: MessageService;
  readonly resends: ResendService;
}

@Resolver()
export class MessageResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/messages')
  @Query(() => MessageConnectionType, {
    description:
      'Mails and text messages, newest first, for 90 days. With `state: FAILED` and `BOUNCED` those that did not arrive.',
  })
  messages(
    @Ctx() ctx: RequestContext,
    @Args(() => MessagesArgs) { first, after, ...wanted }: MessagesArgs,
  ): Promise<MessageConnectionType> {
    const { work, messages } = this.services;
    const filter = {
      state: wanted.state ?? undefined,
      projectId: filterId<ProjectId>(wanted.projectId),
      subjectId: filterId<string>(wanted.subjectId),
    };
    return messages.list(work.read(ctx), filter, pageRequest(first ?? 20, after));
  }

  @Resource('/operator/messages')
  @Mutation(() => MessageType, {
    description:
      'Sends a message again, written anew, to the address that is right by now. INVALID_TRANSITION while it is QUEUED, and with `reason: NOTHING_TO_SAY` where what it was about is over: an invitation to an enrolment that has ended is ordered anew.',
  })
  resendMessage(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the message.' }) id: string,
  ): Promise<MessageType> {
    return this.services.resends.resend(ctx, id);
  }
}
