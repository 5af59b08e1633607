import type { ProjectId, UserId } from '../../kernel/ids.js';
import type { Scope } from '../../platform/scope.js';

/** All members of a project at once, for jobs. */
export class MemberListService {
  /** In the order of their names. */
  async userIdsOf(scope: Scope, projectId: ProjectId): Promise<UserId[]> {
    const rows = await scope.sql<{ userId: UserId }>(
      'member-list.user-ids',
      `SELECT m.user_id AS "userId" FROM project_member m JOIN app_user u ON u.id = m.user_id
       WHERE m.project_id = $1 AND m.removed_at IS NULL ORDER BY u.display_name, u.username`,
      [projectId],
    );
    return rows.map(({ userId }) => userId);
  }
}
