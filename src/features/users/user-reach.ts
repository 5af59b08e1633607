import { projectLimitOf } from '../../kernel/actor.js';
import type { ProjectId } from '../../kernel/ids.js';
import type { Condition } from '../../platform/database/keyset.js';
import type { Scope } from '../../platform/scope.js';
import { isReached } from './user-table.js';
import type { User } from './user.js';

/** Which users there are in these projects, of rows of `app_user`: projects lie above this slice. */
export type UsersOfProjects = (projectIds: readonly ProjectId[]) => Condition;

/** Whom an API client sees that is limited to projects; undefined for who sees everybody. */
export function reachOf({ actor }: Scope, usersOfProjects: UsersOfProjects): Condition | undefined {
  const projectIds = projectLimitOf(actor);
  return projectIds && usersOfProjects(projectIds);
}

/** The user, unless he is out of the actor's reach. */
export async function withinReach(
  scope: Scope,
  user: User | undefined,
  usersOfProjects: UsersOfProjects,
): Promise<User | undefined> {
  const reach = reachOf(scope, usersOfProjects);
  if (user === undefined || reach === undefined) return user;
  return (await isReached(scope, user.id, reach)) ? user : undefined;
}
