import type { Scope } from '../../platform/scope.js';
import type { ProjectEvent, ProjectStreamService } from '../events/project-stream.service.js';
import type { SelfRegistrationService } from '../projects/self-registration/self-registration.service.js';
import { ASSIGNED_ID_LOG, type AssignedIdChange } from './assigned-id-log.service.js';

/** The live log of the IDs of a project. */
export class AssignedIdStreamService {
  constructor(
    private readonly selfRegistrations: Pick<SelfRegistrationService, 'get'>,
    private readonly streams: ProjectStreamService,
  ) {}

  /**
   * Each change behind the cursor `after`, or without it each from now on.
   * @throws DomainError NOT_FOUND, also out of the actor's reach; WRONG_PROJECT_MODE; INVALID_INPUT for a foreign cursor
   */
  async follow(
    scope: Scope,
    projectId: string,
    after: string | null,
  ): Promise<AsyncIterableIterator<ProjectEvent & AssignedIdChange>> {
    const { project } = await this.selfRegistrations.get(scope, projectId);
    return this.streams.follow<AssignedIdChange>(ASSIGNED_ID_LOG, project.id, after);
  }
}
