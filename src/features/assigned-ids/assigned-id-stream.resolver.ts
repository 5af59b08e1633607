import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import type { ProjectEvent } from '../events/project-stream.service.js';
import { AFTER_IN_PROJECT, resolverOf, type Subscribed } from '../events/subscription.types.js';
import type { AssignedIdChange } from './assigned-id-log.service.js';
import type { AssignedIdStreamService } from './assigned-id-stream.service.js';
import { AssignedIdEventType } from './assigned-id.types.js';

/** What becomes of a project's IDs, for operators and host systems. */
@Resolver()
export class AssignedIdStreamResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly streams: AssignedIdStreamService,
  ) {}

  @Resource('/operator/assigned-ids')
  @Subscription(() => AssignedIdEventType, {
    name: 'assignedIds',
    subscribe: (subscribed) =>
      resolverOf(subscribed.info, AssignedIdStreamResolver).follow(subscribed),
    description:
      'What becomes of the assigned IDs of a project: each is told when it is assigned, activated again, confirmed, unconfirmed, revoked. With `after`, everything behind that cursor first; without it, from now on. That a phone was seen is no event.',
  })
  onAssignedId(
    @Root() event: ProjectEvent & AssignedIdChange,
    @Arg('projectId', () => ID, { description: 'Id of the project.' }) _projectId: string,
    @Arg('after', () => String, AFTER_IN_PROJECT) _after: string | null,
  ): AssignedIdEventType {
    return event;
  }

  private async follow({
    args,
    context,
  }: Subscribed): Promise<AsyncIterable<ProjectEvent & AssignedIdChange>> {
    const { projectId, after } = args as { projectId: string; after?: string | null };
    const scope = this.work.read(context as RequestContext);
    return this.streams.follow(scope, projectId, after ?? null);
  }
}
