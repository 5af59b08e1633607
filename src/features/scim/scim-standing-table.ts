import { projectGroupName } from '../../kernel/project-group.js';
import type { ProjectId, ScimGroupId, UserId } from '../../kernel/ids.js';
import type { Scope } from '../../platform/scope.js';

export interface GroupsOfUser {
  readonly userId: UserId;
  readonly groupIds: readonly ScimGroupId[];
}

/**
 * Of those users who are no members: whoever is known to the directory has changed, and goes by the sync ID that he had last; whoever
 * is in one of its groups is known from now on.
 */
export async function keepFormerMembers(
  scope: Scope,
  projectId: ProjectId,
  userIds: readonly UserId[],
): Promise<void> {
  await scope.sql(
    'scim.keep-former-members',
    `INSERT INTO scim_user (project_id, user_id, external_id, created_at, updated_at)
     SELECT $1, former.user_id, former.sync_id, $3, $3
     FROM (SELECT DISTINCT ON (user_id) user_id, sync_id, removed_at FROM project_member
       WHERE project_id = $1 AND user_id = ANY($2) ORDER BY user_id, removed_at DESC NULLS FIRST) AS former
     WHERE removed_at IS NOT NULL AND (
       EXISTS (SELECT FROM scim_user s WHERE s.project_id = $1 AND s.user_id = former.user_id)
       OR EXISTS (SELECT FROM scim_group_member gm JOIN scim_group g ON g.id = gm.group_id
         WHERE g.project_id = $1 AND gm.user_id = former.user_id))
     ON CONFLICT (project_id, user_id) DO UPDATE SET external_id = EXCLUDED.external_id, updated_at = EXCLUDED.updated_at`,
    [projectId, userIds, scope.now],
  );
}

/** Of a project's groups those that each is in, while he is a member; of users with any of them, or with the name of one. */
export function selectGroupsOf(
  scope: Scope,
  projectId: ProjectId,
  userIds: readonly UserId[],
): Promise<GroupsOfUser[]> {
  return scope.sql<{ userId: UserId; groupIds: ScimGroupId[] }>(
    'scim.groups-of-users',
    `SELECT u.id AS "userId", COALESCE(own.ids, '{}') AS "groupIds"
     FROM app_user u LEFT JOIN LATERAL (
       SELECT array_agg(g.id ORDER BY g.id) AS ids
       FROM scim_group_member gm JOIN scim_group g ON g.id = gm.group_id
         JOIN project_member m ON m.project_id = $1 AND m.user_id = u.id AND m.removed_at IS NULL
       WHERE gm.user_id = u.id AND g.project_id = $1) AS own ON true
     WHERE u.id = ANY($2) AND (
       own.ids IS NOT NULL OR EXISTS (SELECT FROM unnest(u.groups) AS name WHERE starts_with(name, $3)))
     ORDER BY u.id`,
    [projectId, userIds, projectGroupName(projectId, '')],
  );
}
