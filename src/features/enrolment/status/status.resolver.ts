import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import type { EnrolmentId } from '../../../kernel/ids.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import { resolverOf, type Subscribed } from '../../events/subscription.types.js';
import type { EnrolmentService } from '../enrolment.service.js';
import { EnrolmentEventType, EnrolmentType } from '../enrolment.types.js';
import { toEvent, type StatusEvent, type StatusService } from './status.service.js';

/** The live status, and the enrolment that each of its events shows. */
@Resolver(() => EnrolmentEventType)
export class EnrolmentStatusResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly enrolments: EnrolmentService,
    private readonly status: StatusService,
  ) {}

  @Resource('/enrolments/watch')
  @Subscription(() => EnrolmentEventType, {
    subscribe: (subscribed) =>
      resolverOf(subscribed.info, EnrolmentStatusResolver).follow(subscribed),
    description:
      "The enrolment's status: first what has happened since `after` (without it, where it stands now), then each change as it happens. Completes after a final status.",
  })
  enrolmentStatus(
    @Root() event: StatusEvent,
    @Arg('enrolmentId', () => ID, { description: 'Id of the enrolment.' }) _enrolmentId: string,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of the last event seen; without it the stream begins where it stands.',
    })
    _after: string | null,
  ): EnrolmentEventType {
    return toEvent(event);
  }

  @FieldResolver(() => EnrolmentType, { description: 'The enrolment as it stands now.' })
  enrolment(@Root() event: EnrolmentEventType, @Ctx() ctx: RequestContext): Promise<EnrolmentType> {
    return this.enrolments.load(this.work.read(ctx), event.enrolmentId as EnrolmentId);
  }

  private async follow({ args, context }: Subscribed): Promise<AsyncIterable<StatusEvent>> {
    const { enrolmentId, after } = args as { enrolmentId: string; after?: string | null };
    const scope = this.work.read(context as RequestContext);
    return this.status.follow(scope, enrolmentId, after ?? null);
  }
}
