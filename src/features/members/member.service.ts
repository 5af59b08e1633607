import { DomainError } from '../../kernel/errors.js';
import { refuseSelf } from '../../kernel/callers.js';
import { newId, parseId, type MemberId, type ProjectId, type UserId } from '../../kernel/ids.js';
import { pageRequest } from '../../kernel/pagination.js';
import { isStorable } from '../../kernel/text.js';
import type { CountedPage } from '../../platform/database/keyset.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { ApiClientService } from '../api-clients/api-client.service.js';
import type { AuditService } from '../audit/audit.service.js';
import type { NotificationService } from '../notifications/notification.service.js';
import type { Project, ProjectService } from '../projects/project.service.js';
import { searchPattern, type User, type UserService } from '../users/user.service.js';
import { changesNothing, checkIds, idsAfter, isTaken, takenId } from './member-ids.js';
import type { MemberStandingService } from './member-standing.service.js';
import {
  endMembership,
  insertMember,
  markToBeInvited,
  selectById,
  selectByKey,
  selectMembers,
  selectOfUser,
  updateIds,
} from './member-table.js';
import {
  memberAdded,
  memberChanged,
  memberRemoved,
  membershipsChanged,
  type MemberEvent,
} from './member.events.js';
import type {
  MemberChanges,
  MemberIds,
  MemberKey,
  Membership,
  NewMember,
  ProjectMember,
} from './member.js';

export type { MemberChanges, MemberKey, Membership, NewMember, ProjectMember };

interface Parties {
  readonly user: User;
  readonly project: Project;
}

/** What the mail to somebody who was removed is about. */
export interface Removal {
  readonly address: string;
  readonly displayName: string;
  readonly projectName: string;
  readonly serverName: string;
}

/**
 * Users of MANAGED projects. What their coming and going does to enrolments and mobile IDs is done by those who listen to the
 * events, in the same transaction. A call that is repeated because its answer was lost gets the same answer, and changes nothing.
 */
export class MemberService {
  constructor(
    private readonly ports: {
      readonly users: UserService;
      readonly clients: ApiClientService;
      readonly projects: ProjectService;
      readonly memberStandings: MemberStandingService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * He who was removed comes back this way, but not by himself.
   * @throws DomainError NOT_FOUND, FORBIDDEN, WRONG_PROJECT_MODE, INVALID_INPUT, USER_NOT_ACTIVE of a locked user; CONFLICT
   * where he is a member by other IDs already, or another member has one of them
   */
  async add(scope: ChangeScope, member: NewMember): Promise<ProjectMember> {
    const { user, project } = await this.parties(scope, member);
    const ids = { hostId: member.hostId ?? null, syncId: member.syncId ?? null };
    checkIds(ids);
    const present = await selectByKey(scope, project.id, ['userId', user.id]);
    if (present !== undefined) {
      if (changesNothing(present, member)) return present;
      throw new DomainError('CONFLICT', { reason: 'ALREADY_MEMBER' });
    }
    if (user.state === 'LOCKED') throw new DomainError('USER_NOT_ACTIVE');
    if (await this.wasRemoved(scope, user.id, project.id)) refuseSelf(scope, user.id);
    const added = await insertMember(scope, {
      ...{ id: newId<MemberId>(), projectId: project.id, userId: user.id, ...ids },
      ...{ toBeInvited: member.invite ?? true, addedAt: scope.now, updatedAt: scope.now },
    });
    if (added === undefined) throw await this.taken(scope, project.id, ids);
    await this.record(scope, 'member.add', added);
    await scope.raise(membershipsChanged, { projectId: project.id, userIds: [user.id] });
    await scope.raise(memberAdded, eventOf(added));
    return added;
  }

  /** @throws DomainError NOT_FOUND, FORBIDDEN, WRONG_PROJECT_MODE, INVALID_INPUT; CONFLICT where another member has one of them */
  async update(
    scope: ChangeScope,
    membership: Membership,
    changes: MemberChanges,
  ): Promise<ProjectMember> {
    const { member: present } = await this.getLocked(scope, membership);
    const ids = idsAfter(present, changes);
    checkIds(ids);
    if (changesNothing(present, ids)) return present;
    await updateIds(scope, present, ids).catch((error: unknown) => {
      throw takenId(error) ?? error;
    });
    const changed = { ...present, ...ids, updatedAt: scope.now };
    await this.record(scope, 'member.update', changed);
    await scope.raise(memberChanged, eventOf(changed));
    return changed;
  }

  /** From now on he is invited anew where an invitation comes to nothing. */
  noteInvited(scope: ChangeScope, { id }: ProjectMember): Promise<void> {
    return markToBeInvited(scope, id);
  }

  /**
   * He gets no more mobile IDs here, those that he has are suspended, and he is told by mail.
   * @throws DomainError NOT_FOUND where he never was a member, FORBIDDEN, WRONG_PROJECT_MODE
   */
  async remove(scope: ChangeScope, membership: Membership): Promise<void> {
    const { user, project } = await this.parties(scope, membership);
    const present = await selectByKey(scope, project.id, ['userId', user.id]);
    if (present === undefined) {
      if (await this.wasRemoved(scope, user.id, project.id)) return;
      throw new DomainError('NOT_FOUND');
    }
    await endMembership(scope, present.id);
    await this.record(scope, 'member.remove', present);
    await scope.raise(membershipsChanged, { projectId: project.id, userIds: [user.id] });
    await scope.raise(memberRemoved, eventOf(present));
    await this.ports.notifications.notify(scope, 'MEMBER_REMOVED', present.id, {
      projectId: project.id,
    });
  }

  /** The one with this key, in a project that is known to be within reach; undefined in one that has no members. */
  async find(
    scope: Scope,
    projectId: ProjectId,
    [key, value]: readonly [MemberKey, string],
  ): Promise<ProjectMember | undefined> {
    const sought = key === 'userId' ? parseId<UserId>(value) : value;
    if (sought === undefined || !isStorable(sought)) return undefined;
    return selectByKey(scope, projectId, [key, sought]);
  }

  /** Newest first; `search` finds parts of a user's names and address, and of both IDs. */
  async list(
    scope: Scope,
    projectId: ProjectId,
    query: {
      readonly first: number;
      readonly after?: string | null | undefined;
      readonly search?: string | null | undefined;
    },
  ): Promise<CountedPage<ProjectMember>> {
    const request = pageRequest(query.first, query.after);
    const pattern = searchPattern(query.search ?? '');
    return selectMembers(scope, projectId, { request, pattern });
  }

  /** Where the user is a member, oldest first. */
  ofUser(scope: Scope, userId: UserId): Promise<ProjectMember[]> {
    return selectOfUser(scope, userId);
  }

  /** What to tell who was removed; null where nobody is to be told, or he is back. */
  async removal(scope: Scope, id: string): Promise<Removal | null> {
    const memberId = parseId<MemberId>(id);
    const member = memberId && (await selectById(scope, memberId));
    if (!member) return null;
    const { users, projects } = this.ports;
    const user = await users.get(scope, member.userId);
    if (user.email === null || user.state === 'LOCKED') return null;
    if (!(await this.wasRemoved(scope, user.id, member.projectId))) return null;
    const { name: projectName, settings } = await projects.get(scope, member.projectId);
    const { serverName } = settings;
    return { address: user.email, displayName: user.displayName, projectName, serverName };
  }

  /**
   * A member, with the user's row locked.
   * @throws DomainError NOT_FOUND where he is none, FORBIDDEN, WRONG_PROJECT_MODE
   */
  async getLocked(
    scope: ChangeScope,
    membership: Membership,
  ): Promise<Parties & { readonly member: ProjectMember }> {
    const { user, project } = await this.parties(scope, membership);
    const member = await selectByKey(scope, project.id, ['userId', user.id]);
    if (member === undefined) throw new DomainError('NOT_FOUND');
    return { user, project, member };
  }

  /** The user, locked, who must hold no role that the actor lacks; and the project, where it has members. */
  private async parties(scope: ChangeScope, membership: Membership): Promise<Parties> {
    const { users, clients, projects } = this.ports;
    const { actor } = scope;
    const project = await projects.find(scope, membership.projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    if (project.mode !== 'MANAGED') throw new DomainError('WRONG_PROJECT_MODE');
    const user = await users.getLocked(scope, membership.userId);
    if (actor.kind === 'client') await clients.requireStanding(scope, actor.apiClientId);
    await users.requireAuthorityOver(scope, user);
    return { user, project };
  }

  private async wasRemoved(scope: Scope, userId: UserId, projectId: ProjectId): Promise<boolean> {
    return (await this.ports.memberStandings.of(scope, userId, projectId)) === 'REMOVED';
  }

  private async taken(
    scope: Scope,
    projectId: ProjectId,
    { hostId, syncId }: MemberIds,
  ): Promise<DomainError> {
    const isHostId =
      hostId !== null && (await selectByKey(scope, projectId, ['hostId', hostId])) !== undefined;
    return isTaken(isHostId || syncId === null ? 'hostId' : 'syncId');
  }

  private record(
    scope: ChangeScope,
    action: string,
    { id, projectId, userId, hostId, syncId }: ProjectMember,
  ): Promise<void> {
    const ids = [
      hostId === null ? '' : ` host ID ${hostId}`,
      syncId === null ? '' : ` sync ID ${syncId}`,
    ];
    const detail = `project:${projectId} user:${userId}${ids.join('')}`;
    return this.ports.audit.record(scope, { action, target: `member:${id}`, detail });
  }
}

function eventOf({ id: memberId, projectId, userId }: ProjectMember): MemberEvent {
  return { memberId, projectId, userId };
}
