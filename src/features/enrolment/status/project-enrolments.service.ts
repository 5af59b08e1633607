import { DomainError } from '../../../kernel/errors.js';
import type { EnrolmentId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import type { ProjectEvent, ProjectStreamService } from '../../events/project-stream.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import { ENROLMENT_LOG } from '../enrolment-log.service.js';
import type { EnrolmentStatus } from '../enrolment-status.js';

/** One step of an enrolment, as its project's log tells it. */
export interface EnrolmentStep {
  readonly enrolmentId: EnrolmentId;
  readonly status: EnrolmentStatus;
  readonly detail: string | null;
}

/** The live log of all enrolments of a project. */
export class ProjectEnrolmentsService {
  constructor(
    private readonly projects: ProjectService,
    private readonly streams: ProjectStreamService,
  ) {}

  /**
   * Each step behind the cursor `after`, or without it each from now on. A client that loses the project loses its token with it,
   * and so this too.
   * @throws DomainError NOT_FOUND, also for a project out of the actor's reach; INVALID_INPUT for a foreign cursor
   */
  async follow(
    scope: Scope,
    projectId: string,
    after: string | null,
  ): Promise<AsyncIterableIterator<ProjectEvent & EnrolmentStep>> {
    const project = await this.projects.find(scope, projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    return this.streams.follow<EnrolmentStep>(ENROLMENT_LOG, project.id, after);
  }
}
