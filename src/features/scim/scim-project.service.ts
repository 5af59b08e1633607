import { DomainError } from '../../kernel/errors.js';
import type { ProjectId, UserId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { ApiClientService } from '../api-clients/api-client.service.js';
import type { ProjectService } from '../projects/project.service.js';
import type { UserService } from '../users/user.service.js';
import { keepFormerMembers, selectGroupsOf } from './scim-standing-table.js';

export interface ScimProject {
  readonly id: ProjectId;
  /** URI of its SCIM endpoint. */
  readonly base: string;
}

/** Projects whose users a directory may push. */
export class ScimProjectService {
  constructor(
    private readonly ports: {
      readonly projects: ProjectService;
      readonly clients: ApiClientService;
      readonly users: UserService;
      readonly publicUrl: string;
    },
  ) {}

  /** @throws DomainError NOT_FOUND, also where it is out of the caller's reach; WRONG_PROJECT_MODE where it has no users */
  async get(scope: Scope, projectId: string): Promise<ScimProject> {
    const project = await this.ports.projects.find(scope, projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    if (project.mode !== 'MANAGED') throw new DomainError('WRONG_PROJECT_MODE');
    return { id: project.id, base: `${this.ports.publicUrl}/scim/v2/projects/${project.id}` };
  }

  /** As {@link get}, by a client that stays what it is until the transaction ends. */
  async getForChange(scope: ChangeScope, projectId: string): Promise<ScimProject> {
    const { actor } = scope;
    if (actor.kind !== 'client') throw new DomainError('FORBIDDEN');
    await this.ports.clients.requireStanding(scope, actor.apiClientId);
    return this.get(scope, projectId);
  }

  /**
   * Whoever lets users in or out: the groups that they are in count while they are members, and no longer. Those who went stay where
   * the directory finds them, so that it can take them out of groups that they would come back with.
   */
  async followMembers(
    scope: ChangeScope,
    { projectId, userIds }: { readonly projectId: ProjectId; readonly userIds: readonly UserId[] },
  ): Promise<void> {
    await keepFormerMembers(scope, projectId, userIds);
    for (const { userId, groupIds } of await selectGroupsOf(scope, projectId, userIds)) {
      await this.ports.users.setProjectGroups(scope, userId, { projectId, groupIds });
    }
  }
}
