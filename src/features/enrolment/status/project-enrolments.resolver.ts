import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import type { ProjectEvent } from '../../events/project-stream.service.js';
import { AFTER_IN_PROJECT, resolverOf, type Subscribed } from '../../events/subscription.types.js';
import { EnrolmentEventType } from '../enrolment.types.js';
import type { EnrolmentStep, ProjectEnrolmentsService } from './project-enrolments.service.js';

/** What happens in a project, for operators and host systems. */
@Resolver()
export class ProjectEnrolmentsResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly enrolments: ProjectEnrolmentsService,
  ) {}

  @Resource('/operator/enrolments')
  @Subscription(() => EnrolmentEventType, {
    subscribe: (subscribed) =>
      resolverOf(subscribed.info, ProjectEnrolmentsResolver).follow(subscribed),
    description:
      "Every enrolment of a project, for an operator's screen or a host system: each step of each, in an order that stands. With `after`, everything behind that cursor first; without it, from now on.",
  })
  projectEnrolments(
    @Root() event: ProjectEvent & EnrolmentStep,
    @Arg('projectId', () => ID, { description: 'Id of the project.' }) _projectId: string,
    @Arg('after', () => String, AFTER_IN_PROJECT) _after: string | null,
  ): EnrolmentEventType {
    return event;
  }

  private async follow({
    args,
    context,
  }: Subscribed): Promise<AsyncIterable<ProjectEvent & EnrolmentStep>> {
    const { projectId, after } = args as { projectId: string; after?: string | null };
    const scope = this.work.read(context as RequestContext);
    return this.enrolments.follow(scope, projectId, after ?? null);
  }
}
