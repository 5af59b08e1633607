import { DomainError } from '../../kernel/errors.js';
import { parseId, type ProjectId, type UserId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { MemberStandingService } from '../members/member-standing.service.js';
import type { MemberService } from '../members/member.service.js';
import { emailKey, type User, type UserChanges, type UserService } from '../users/user.service.js';
import { isVersion, readBody } from './protocol/scim-body.js';
import type { ListPage, ListQuery } from './scim-list.js';
import { foldCase, type Values } from './protocol/scim-match.js';
import { applyPatch } from './protocol/scim-patch.js';
import { scimProblem, versionProblem } from './protocol/scim-problem.js';
import type { ScimProjectService } from './scim-project.service.js';
import { USER } from './protocol/scim-schema.js';
import { readUserFields, toUserResource, type ScimUser, type ScimUserFields } from './scim-user.js';
import { deleteUser, keepUser, selectUser, selectUsers } from './scim-user-table.js';

/** One resource of a project, and which version of it the caller has seen. */
export interface ResourceRef {
  readonly projectId: string;
  readonly id: string;
  /** Of the header If-Match; null where there was none. */
  readonly ifMatch: string | null;
}

/** Users that SCIM changes hold no role but this one. */
const ONLY_ROLE = 'USER';
const IS_SHARED =
  'This user belongs to another project too: his name, address and number are not for this one to change.';
const IS_SOMEBODY_ELSE =
  'There is a user of this name who has another address, or number. If it is the same person, change that first.';

/**
 * A project's users as its directory sees them: those who are members, and those whom it has made inactive. Whoever holds a role
 * beyond USER can be seen, and is never changed; of who is another project's as well neither name nor address.
 */
export class ScimUserService {
  constructor(
    private readonly ports: {
      readonly scimProjects: ScimProjectService;
      readonly members: MemberService;
      readonly memberStandings: MemberStandingService;
      readonly users: UserService;
      readonly audit: AuditService;
    },
  ) {}

  async list(scope: Scope, projectId: string, query: ListQuery): Promise<ListPage<Values>> {
    const { id, base } = await this.ports.scimProjects.get(scope, projectId);
    const { totalResults, rows } = await selectUsers(scope, id, query);
    return { totalResults, rows: rows.map((row) => toUserResource(row, base)) };
  }

  /** @throws DomainError NOT_FOUND */
  async get(scope: Scope, projectId: string, userId: string): Promise<Values> {
    const { id, base } = await this.ports.scimProjects.get(scope, projectId);
    return toUserResource(await this.found(scope, id, userId), base);
  }

  /**
   * Whom Signet knows by this name already becomes one of the project's, unless he has another address.
   * @throws DomainError INVALID_INPUT; FORBIDDEN for a user with another role; CONFLICT where he is there already, or is another
   */
  async create(scope: ChangeScope, projectId: string, body: unknown): Promise<Values> {
    const { id, base } = await this.ports.scimProjects.getForChange(scope, projectId);
    const said = readUserFields(readBody(USER, body));
    const known = await this.ports.users.findByUsername(scope, said.userName);
    const { id: userId, ...fields } = known
      ? await this.adopted(scope, id, { said, known })
      : { ...said, id: (await this.made(scope, said)).id };
    await this.keep(scope, 'scim-user.create', { projectId: id, userId, fields });
    await this.write(scope, id, await this.found(scope, id, userId), fields);
    return toUserResource(await this.found(scope, id, userId), base);
  }

  /** @throws DomainError as {@link create}, NOT_FOUND; CONFLICT with `reason` VERSION */
  async replace(scope: ChangeScope, ref: ResourceRef, body: unknown): Promise<Values> {
    return this.change(scope, ref, () => ({ resource: readBody(USER, body) }));
  }

  /** @throws DomainError as {@link replace} */
  async patch(scope: ChangeScope, ref: ResourceRef, body: unknown): Promise<Values> {
    return this.change(scope, ref, (present) => ({
      resource: applyPatch(USER, present, body),
      before: readUserFields(present),
    }));
  }

  /** He is no longer one of the project's. The user himself stays. @throws DomainError NOT_FOUND, FORBIDDEN, CONFLICT */
  async remove(scope: ChangeScope, ref: ResourceRef): Promise<void> {
    const { id, base } = await this.ports.scimProjects.getForChange(scope, ref.projectId);
    const present = await this.locked(scope, id, ref, base);
    await deleteUser(scope, id, present.id);
    await this.record(scope, 'scim-user.delete', id, present.id);
    if (present.isMember) {
      await this.ports.members.remove(scope, { projectId: id, userId: present.id });
    }
  }

  private async change(
    scope: ChangeScope,
    ref: ResourceRef,
    next: (present: Values) => { readonly resource: Values; readonly before?: ScimUserFields },
  ): Promise<Values> {
    const { id, base } = await this.ports.scimProjects.getForChange(scope, ref.projectId);
    const present = await this.locked(scope, id, ref, base);
    const { resource, before } = next(toUserResource(present, base));
    const fields = readUserFields(resource, before);
    if (foldCase(fields.userName) !== foldCase(present.username)) {
      throw scimProblem('mutability', 'userName stays as it is.');
    }
    await this.write(scope, id, present, fields);
    return toUserResource(await this.found(scope, id, present.id), base);
  }

  private async locked(
    scope: ChangeScope,
    projectId: ProjectId,
    { id, ifMatch }: ResourceRef,
    base: string,
  ): Promise<ScimUser> {
    const { id: userId } = await this.found(scope, projectId, id);
    refuseRoles(await this.ports.users.getLocked(scope, userId));
    const present = await this.found(scope, projectId, userId);
    const { version } = toUserResource(present, base)['meta'] as { readonly version: string };
    if (!isVersion(version, ifMatch)) throw versionProblem();
    return present;
  }

  /** In this order, so that whoever is let in has his address by then, and is invited to that. */
  private async write(
    scope: ChangeScope,
    projectId: ProjectId,
    present: ScimUser,
    fields: ScimUserFields,
  ): Promise<void> {
    const { id: userId, isMember } = present;
    const changes = changesOf(present, fields);
    if (Object.keys(changes).length > 0) {
      if (await this.ports.memberStandings.isShared(scope, userId, projectId)) {
        throw scimProblem('mutability', IS_SHARED);
      }
      await this.ports.users.update(scope, userId, changes);
    }
    await this.writeStanding(scope, projectId, present, fields);
    // Who goes keeps a row here, by which the directory finds him.
    if (differsHere(present, fields) || (isMember && !fields.active)) {
      await this.keep(scope, 'scim-user.update', { projectId, userId, fields });
    }
  }

  private async writeStanding(
    scope: ChangeScope,
    projectId: ProjectId,
    { id: userId, state, isMember, externalId }: ScimUser,
    fields: ScimUserFields,
  ): Promise<void> {
    const { members, users } = this.ports;
    const membership = { projectId, userId };
    if (!fields.active) {
      if (isMember) await members.remove(scope, membership);
    } else if (!isMember) {
      if (state === 'REGISTERED') await users.activate(scope, userId);
      await members.add(scope, { ...membership, syncId: fields.externalId });
    } else if (externalId !== fields.externalId) {
      await members.update(scope, membership, { syncId: fields.externalId });
    }
  }

  /** Who is inactive from the start cannot sign in before he becomes active. */
  private made(scope: ChangeScope, fields: ScimUserFields): Promise<User> {
    return this.ports.users.create(scope, {
      username: fields.userName,
      displayName: fields.displayName,
      email: fields.email,
      phone: fields.phone,
      invite: false, // to a mobile ID he is invited as a member
      state: fields.active ? 'ACTIVE' : 'REGISTERED',
    });
  }

  private async adopted(
    scope: ChangeScope,
    projectId: ProjectId,
    { said, known }: { readonly said: ScimUserFields; readonly known: Pick<User, 'id'> },
  ): Promise<ScimUserFields & Pick<User, 'id'>> {
    const user = await this.ports.users.getLocked(scope, known.id);
    refuseRoles(user);
    if ((await selectUser(scope, projectId, user.id)) !== undefined) {
      throw scimProblem('uniqueness', 'There is a user of this name.');
    }
    if (isSomebodyElse(said, user)) throw scimProblem('uniqueness', IS_SOMEBODY_ELSE);
    const isShared = await this.ports.memberStandings.isShared(scope, user.id, projectId);
    const { id, displayName, email, phone } = user;
    const fields = isShared ? { ...said, displayName, email, phone } : completed(said, user);
    return { ...fields, id };
  }

  private async keep(
    scope: ChangeScope,
    action: string,
    kept: {
      readonly projectId: ProjectId;
      readonly userId: UserId;
      readonly fields: Pick<ScimUserFields, 'externalId' | 'givenName' | 'familyName'>;
    },
  ): Promise<void> {
    const { projectId, userId, fields } = kept;
    await keepUser(scope, projectId, { ...fields, id: userId });
    await this.record(scope, action, projectId, userId);
  }

  private record(
    scope: ChangeScope,
    action: string,
    projectId: ProjectId,
    userId: UserId,
  ): Promise<void> {
    const [target, detail] = [`user:${userId}`, `project:${projectId}`];
    return this.ports.audit.record(scope, { action, target, detail });
  }

  private async found(scope: Scope, projectId: ProjectId, id: string): Promise<ScimUser> {
    const userId = parseId<UserId>(id);
    const user = userId && (await selectUser(scope, projectId, userId));
    if (user === undefined) throw new DomainError('NOT_FOUND');
    return user;
  }
}

function refuseRoles({ roles }: Pick<User, 'roles'>): void {
  if (roles.some((role) => role !== ONLY_ROLE)) throw new DomainError('FORBIDDEN');
}

/** One name for two people is no rarity: whoever is known by another address, or else by another number, is somebody else. */
function isSomebodyElse(said: ScimUserFields, { email, phone }: User): boolean {
  if (said.email !== null && email !== null) return emailKey(said.email) !== emailKey(email);
  return said.phone !== null && phone !== null && said.phone !== phone;
}

/** What a directory does not say of somebody whom Signet knew before stays as it is. */
function completed(said: ScimUserFields, user: User): ScimUserFields {
  return {
    ...said,
    displayName: said.displayName === said.userName ? user.displayName : said.displayName,
    email: said.email ?? user.email,
    phone: said.phone ?? user.phone,
  };
}

/** Of what Signet itself keeps of him. */
function changesOf(present: ScimUser, { displayName, email, phone }: ScimUserFields): UserChanges {
  return {
    ...(displayName === present.displayName ? {} : { displayName }),
    ...(email === present.email ? {} : { email }),
    ...(phone === present.phone ? {} : { phone }),
  };
}

function differsHere(present: ScimUser, fields: ScimUserFields): boolean {
  return (['givenName', 'familyName', 'externalId'] as const).some(
    (name) => present[name] !== fields[name],
  );
}
