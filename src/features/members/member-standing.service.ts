import { DomainError } from '../../kernel/errors.js';
import type { ProjectId, UserId } from '../../kernel/ids.js';
import type { Condition } from '../../platform/database/keyset.js';
import type { Scope } from '../../platform/scope.js';
import type { Project, ProjectService } from '../projects/project.service.js';
import { IN_PROJECTS, isElsewhere, selectStandings } from './member-table.js';
import type { Standing } from './member.js';

export type { Standing };

/** For whom a mobile ID may be ordered in which project. */
export class MemberStandingService {
  constructor(private readonly projects: ProjectService) {}

  async of(scope: Scope, userId: UserId, projectId: ProjectId): Promise<Standing> {
    return (await selectStandings(scope, userId)).get(projectId) ?? 'STRANGER';
  }

  /** Whether he is another project's as well: what is known of him is then not for this one alone to change. */
  isShared(scope: Scope, userId: UserId, projectId: ProjectId): Promise<boolean> {
    return isElsewhere(scope, userId, projectId);
  }

  /** Where this user may order for himself. */
  async offeredTo(scope: Scope, userId: UserId): Promise<Project[]> {
    const offered = await this.projects.offered(scope);
    const standings = await selectStandings(scope, userId);
    return offered.filter((project) => mayHave(project, standings.get(project.id) ?? 'STRANGER'));
  }

  /**
   * The caller holds the user's row lock: who is being removed orders nothing meanwhile.
   * @throws DomainError FORBIDDEN where he was removed, or the project is for members only; to a stranger it then does not exist
   */
  async refuseOrder(
    scope: Scope,
    order: { readonly userId: UserId; readonly project: Project; readonly byHimself: boolean },
  ): Promise<void> {
    const standing = await this.of(scope, order.userId, order.project.id);
    if (mayHave(order.project, standing)) return;
    if (standing === 'REMOVED') throw wasRemoved();
    throw order.byHimself
      ? new DomainError('NOT_FOUND')
      : new DomainError('FORBIDDEN', { reason: 'NOT_A_MEMBER' });
  }
}

/** Users who are members of one of the projects, or have a mobile ID there; of rows of `app_user`. */
export function usersOfProjects(projectIds: readonly ProjectId[]): Condition {
  return [IN_PROJECTS, projectIds];
}

/** A project that is not for members only is open to all but those who were removed from it. */
function mayHave({ settings }: Pick<Project, 'settings'>, standing: Standing): boolean {
  return standing === 'MEMBER' || (standing === 'STRANGER' && !settings.membersOnly);
}

function wasRemoved(): DomainError {
  return new DomainError('FORBIDDEN', { reason: 'REMOVED_FROM_PROJECT' });
}
