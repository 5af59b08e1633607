import type { ProjectId } from './ids.js';

/**
 * Groups of users that a project owns, and that a directory fills. Access rules name them as they name others; by these names nobody
 * else gets into them, and they give nobody a group that is not the project's.
 */
const PREFIX = 'project/';

/** What access rules call it. */
export function projectGroupName(projectId: ProjectId, groupId: string): string {
  return `${PREFIX}${projectId}/${groupId}`;
}

export function isProjectGroup(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Those that are not projects' own: what operators and identity providers say of a user. */
export function ownGroups(groups: readonly string[]): string[] {
  return groups.filter((name) => !isProjectGroup(name));
}

/** The same with these as the only ones of this project. */
export function withProjectGroups(
  groups: readonly string[],
  projectId: ProjectId,
  groupIds: readonly string[],
): string[] {
  const prefix = projectGroupName(projectId, '');
  const names = groupIds.map((id) => projectGroupName(projectId, id)).sort();
  return [...groups.filter((name) => !name.startsWith(prefix)), ...names];
}
