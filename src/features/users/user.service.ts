import { ROLES, type Role } from '../../kernel/actor.js';
import { refuseSelf } from '../../kernel/callers.js';
import { DomainError, invalidInput } from '../../kernel/errors.js';
import { newId, parseId, type ProjectId, type UserId } from '../../kernel/ids.js';
import { pageRequest } from '../../kernel/pagination.js';
import { withProjectGroups } from '../../kernel/project-group.js';
import { isStorable } from '../../kernel/text.js';
import type { CountedPage } from '../../platform/database/keyset.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import { hashPassword } from './password.service.js';
import {
  isActiveAdministrator,
  refuseClient,
  requireAnotherAdministrator,
  requireAuthorityOverAddress,
  requireRoles,
} from './user-guards.js';
import {
  emailKey,
  emailProblem,
  readNewUser,
  readUserChanges,
  reasonProblem,
  searchPattern,
} from './user-input.js';
import { reachOf, withinReach, type UsersOfProjects } from './user-reach.js';
import {
  insertUser,
  isUsernameTaken,
  lockUserRow,
  selectActiveAdministrators,
  selectByExternalId,
  selectByIds,
  selectByUsername,
  selectPage,
  updateFields,
  updateGroups,
  updateStanding,
} from './user-table.js';
import { changedNames, raiseDifferences } from './user-differences.js';
import {
  administratorChanged,
  userActivated,
  userCreated,
  userDeactivated,
  userLocked,
  userRolesChanged,
} from './user.events.js';
import {
  NEXT_STATES,
  usernameKey,
  type Administrator,
  type NewUser,
  type User,
  type UserChanges,
  type UserState,
  type UserSummary,
  type UserWithPassword,
} from './user.js';

export { emailKey, emailProblem, searchPattern };
export type { Administrator, NewUser, User, UserChanges, UserState, UserSummary, UserWithPassword };

/**
 * People. REGISTERED → ACTIVE ⇄ INACTIVE, and from each of them LOCKED, which is final. What a state change does to sessions,
 * enrolments and profiles is done by those who listen to the events, in the same transaction.
 */
export class UserService {
  constructor(
    private readonly audit: AuditService,
    private readonly usersOfProjects: UsersOfProjects,
  ) {}

  /** @throws DomainError INVALID_INPUT; CONFLICT where the user name or the external id is taken */
  async create(scope: ChangeScope, input: NewUser): Promise<User> {
    await requireRoles(scope, ['USER']);
    if (typeof input.password === 'string') refuseClient(scope);
    const fields = readNewUser(input);
    const passwordHash = fields.password === null ? null : await hashPassword(fields.password);
    const user = await insertUser(scope, { ...fields, id: newId(), roles: ['USER'], passwordHash });
    if (user === undefined) throw await this.taken(scope, fields.username);
    const invite = input.invite ?? scope.actor.kind !== 'system';
    const awaitsPassword = passwordHash === null && invite;
    await scope.raise(userCreated, { userId: user.id, awaitsPassword });
    await this.record(scope, 'user.create', user);
    return user;
  }

  /** @throws DomainError INVALID_INPUT, NOT_FOUND, FORBIDDEN */
  async update(scope: ChangeScope, id: string, input: UserChanges): Promise<User> {
    const present = await this.forChange(scope, id);
    // Access rules may speak of groups: nobody below an administrator chooses his own.
    if (input.groups !== undefined && !present.roles.includes('ADMIN'))
      refuseSelf(scope, present.id);
    const user = await updateFields(scope, present.id, readUserChanges(present, input));
    const changed = changedNames(present, user);
    if (changed.includes('email') || changed.includes('phone')) {
      await requireAuthorityOverAddress(scope, present);
    }
    await raiseDifferences(scope, present, user);
    await this.finish(scope, present, 'user.update', changed.join(' '));
    return user;
  }

  /** Which of a project's own groups he is in, and of no others. @throws DomainError NOT_FOUND, FORBIDDEN */
  async setProjectGroups(
    scope: ChangeScope,
    id: UserId,
    {
      projectId,
      groupIds,
    }: { readonly projectId: ProjectId; readonly groupIds: readonly string[] },
  ): Promise<void> {
    const present = await this.getLocked(scope, id);
    const groups = withProjectGroups(present.groups, projectId, groupIds);
    if (groups.join('\n') === present.groups.join('\n')) return;
    await requireRoles(scope, present.roles);
    await raiseDifferences(scope, present, await updateGroups(scope, id, groups));
    await this.finish(scope, present, 'user.update', 'groups');
  }

  /** From REGISTERED or INACTIVE. @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_TRANSITION */
  async activate(scope: ChangeScope, id: string): Promise<User> {
    const present = await this.forTransition(scope, id, 'ACTIVE');
    const user = await updateStanding(scope, present.id, { ...present, state: 'ACTIVE' });
    await scope.raise(userActivated, { userId: user.id });
    await this.finish(scope, present, 'user.activate');
    return user;
  }

  /** @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_TRANSITION; CONFLICT for the last administrator */
  async deactivate(scope: ChangeScope, id: string, reason?: string | null): Promise<User> {
    if (typeof reason === 'string') checkReason(reason);
    const present = await this.forTransition(scope, id, 'INACTIVE');
    await requireAnotherAdministrator(scope, present);
    refuseSelf(scope, present.id);
    const user = await updateStanding(scope, present.id, { ...present, state: 'INACTIVE' });
    await scope.raise(userDeactivated, { userId: user.id });
    await this.finish(scope, present, 'user.deactivate', reason ?? undefined);
    return user;
  }

  /** Final; the roles are withdrawn. @throws DomainError as {@link deactivate} */
  async lock(scope: ChangeScope, id: string, reason: string): Promise<User> {
    checkReason(reason);
    const present = await this.forTransition(scope, id, 'LOCKED');
    await requireAnotherAdministrator(scope, present);
    refuseSelf(scope, present.id);
    const user = await updateStanding(scope, present.id, { state: 'LOCKED', roles: [] });
    await scope.raise(userLocked, { userId: user.id, reason });
    await this.finish(scope, present, 'user.lock', reason);
    return user;
  }

  /** @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_TRANSITION of a locked user; CONFLICT for the last administrator */
  async setRoles(scope: ChangeScope, id: string, wanted: readonly Role[]): Promise<User> {
    const present = await this.forChange(scope, id);
    if (present.state === 'LOCKED') {
      throw new DomainError('INVALID_TRANSITION', { from: present.state });
    }
    const roles = ROLES.filter((role) => wanted.includes(role));
    await requireRoles(scope, roles);
    if (!roles.includes('ADMIN')) await requireAnotherAdministrator(scope, present);
    const user = await updateStanding(scope, present.id, { ...present, roles });
    await scope.raise(userRolesChanged, { userId: user.id });
    await this.finish(scope, present, 'user.set-roles', roles.join(' '));
    return user;
  }

  /** @throws DomainError NOT_FOUND */
  async get(scope: Scope, id: string): Promise<User> {
    return found(await this.find(scope, id));
  }

  /** With the user's row locked until the transaction ends. @throws DomainError NOT_FOUND */
  async getLocked(scope: ChangeScope, id: string): Promise<User> {
    const userId = parseId<UserId>(id);
    return found(userId && (await lockUserRow(scope, userId)));
  }

  async find(scope: Scope, id: string): Promise<User | undefined> {
    const userId = parseId<UserId>(id);
    return userId && (await selectByIds(scope, [userId]))[0];
  }

  /** Undefined also where he is out of the actor's reach. */
  async findWithinReach(scope: Scope, id: string): Promise<User | undefined> {
    return withinReach(scope, await this.find(scope, id), this.usersOfProjects);
  }

  /** Undefined also where he is out of the actor's reach. */
  async findByExternalId(scope: Scope, externalId: string): Promise<User | undefined> {
    if (!isStorable(externalId)) return undefined;
    const user = await selectByExternalId(scope, externalId);
    return withinReach(scope, user, this.usersOfProjects);
  }

  /** In whatever state, with what the password is compared with. */
  async findByUsername(scope: Scope, username: string): Promise<UserWithPassword | undefined> {
    return isStorable(username) ? selectByUsername(scope, username) : undefined;
  }

  /** The name as it is compared: what looks the same to a reader is the same user. */
  usernameKey(username: string): string {
    return usernameKey(username);
  }

  /** In the order of the ids, for data loaders. */
  async byIds(scope: Scope, ids: readonly UserId[]): Promise<(User | undefined)[]> {
    const byId = new Map((await selectByIds(scope, ids)).map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id));
  }

  /** In the order of the ids, for data loaders. */
  async summariesByIds(scope: Scope, ids: readonly UserId[]): Promise<(UserSummary | undefined)[]> {
    return (await this.byIds(scope, ids)).map(
      (user) => user && { id: user.id, username: user.username, displayName: user.displayName },
    );
  }

  /** Read together with the other users that this request asks for. */
  loadSummary(scope: Scope, id: UserId): Promise<UserSummary> {
    const loader = loaderOf<UserId, UserSummary>(scope.request, 'user-summary', async (ids) =>
      (await this.summariesByIds(scope, ids)).map((user) => user ?? new DomainError('NOT_FOUND')),
    );
    return loader.load(id);
  }

  /** Those within the actor's reach, newest first; `search` finds parts of user name, display name and e-mail address. */
  async list(
    scope: Scope,
    query: {
      readonly first: number;
      readonly after?: string | null;
      readonly search?: string | null;
    },
  ): Promise<CountedPage<User>> {
    const request = pageRequest(query.first, query.after);
    const pattern = searchPattern(query.search ?? '');
    return selectPage(scope, request, { pattern, reach: reachOf(scope, this.usersOfProjects) });
  }

  /** For the check that somebody can still get in. */
  activeAdministrators(scope: Scope): Promise<Administrator[]> {
    return selectActiveAdministrators(scope);
  }

  /** Nobody acts for a user who holds a role that he himself lacks. @throws DomainError FORBIDDEN */
  requireAuthorityOver(scope: Scope, user: Pick<User, 'roles'>): Promise<void> {
    return requireRoles(scope, user.roles);
  }

  private async forChange(scope: ChangeScope, id: string): Promise<User> {
    const user = await this.getLocked(scope, id);
    await requireRoles(scope, user.roles);
    return user;
  }

  private async forTransition(scope: ChangeScope, id: string, to: UserState): Promise<User> {
    const user = await this.forChange(scope, id);
    if (!NEXT_STATES[user.state].includes(to)) throw invalidTransition(user, to);
    return user;
  }

  private async finish(
    scope: ChangeScope,
    before: User,
    action: string,
    detail?: string,
  ): Promise<void> {
    if (isActiveAdministrator(before))
      await scope.raise(administratorChanged, { userId: before.id });
    await this.record(scope, action, before, detail);
  }

  private async taken(scope: Scope, username: string): Promise<DomainError> {
    const field = (await isUsernameTaken(scope, username)) ? 'input.username' : 'input.externalId';
    return new DomainError('CONFLICT', { fields: [{ field, message: 'It is already taken.' }] });
  }

  private record(scope: ChangeScope, action: string, { id }: User, detail?: string): Promise<void> {
    return this.audit.record(scope, { action, target: `user:${id}`, detail });
  }
}

function found(user: User | undefined): User {
  if (user === undefined) throw new DomainError('NOT_FOUND');
  return user;
}

function invalidTransition({ state: from }: User, to: UserState): DomainError {
  return new DomainError('INVALID_TRANSITION', { from, to });
}

function checkReason(reason: string): void {
  const problem = reasonProblem(reason);
  if (problem !== undefined) throw invalidInput('reason', problem);
}
