import { newId, type MemberId, type ProjectId, type UserId } from '../../kernel/ids.js';
import { insertAll } from '../../platform/database/bulk-insert.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import { clearHostIds, updateIdsOfAll } from './member-table.js';
import { ProjectMemberEntity } from './member.entity.js';
import { memberAdded, memberChanged, membershipsChanged } from './member.events.js';
import type { MemberIds } from './member.js';

/** A user who becomes a member; his row is locked, or nobody else sees it yet. */
export interface NewMembership extends MemberIds {
  readonly userId: UserId;
  /** He was a member before: what was suspended with his removal is to be released. */
  readonly returns: boolean;
}

export interface ChangedMembership extends MemberIds {
  readonly memberId: MemberId;
  readonly userId: UserId;
}

/** Members by the thousand, such as those of an imported file. */
export class MemberBulkService {
  constructor(private readonly audit: AuditService) {}

  /** Those who come back are told of one by one, as there may be something to release for each of them. */
  async addAll(
    scope: ChangeScope,
    projectId: ProjectId,
    { added, invite }: { readonly added: readonly NewMembership[]; readonly invite: boolean },
  ): Promise<void> {
    const rows = added.map(({ userId, hostId, syncId }) => ({
      ...{ id: newId<MemberId>(), projectId, userId, hostId, syncId },
      ...{ toBeInvited: invite, addedAt: scope.now, updatedAt: scope.now, removedAt: null },
    }));
    await insertAll(scope, ProjectMemberEntity, rows);
    await this.audit.recordAll(
      scope,
      rows.map(({ id, ...member }) => ({
        action: 'member.add',
        target: `member:${id}`,
        detail: describe(projectId, member),
      })),
    );
    const userIds = added.map(({ userId }) => userId);
    if (userIds.length > 0) await scope.raise(membershipsChanged, { projectId, userIds });
    for (const [i, { userId, returns }] of added.entries()) {
      const memberId = rows[i]?.id;
      if (!returns || memberId === undefined) continue;
      await scope.raise(memberAdded, { memberId, projectId, userId });
    }
  }

  /** So that members may exchange the IDs that they have: to be followed by {@link updateAll}. */
  freeHostIds(scope: ChangeScope, ids: readonly MemberId[]): Promise<void> {
    return clearHostIds(scope, ids);
  }

  async updateAll(
    scope: ChangeScope,
    projectId: ProjectId,
    members: readonly ChangedMembership[],
  ): Promise<void> {
    if (members.length === 0) return;
    await updateIdsOfAll(scope, members);
    for (const { memberId, userId } of members) {
      await scope.raise(memberChanged, { memberId, projectId, userId });
    }
    await this.audit.recordAll(
      scope,
      members.map((member) => ({
        action: 'member.update',
        target: `member:${member.memberId}`,
        detail: describe(projectId, member),
      })),
    );
  }
}

/** As the audit entries of one member at a time say it. */
function describe(
  projectId: ProjectId,
  { userId, hostId, syncId }: MemberIds & { readonly userId: UserId },
): string {
  const ids = [
    hostId === null ? '' : ` host ID ${hostId}`,
    syncId === null ? '' : ` sync ID ${syncId}`,
  ];
  return `project:${projectId} user:${userId}${ids.join('')}`;
}
