import { DomainError } from '../../kernel/errors.js';
import { newId, parseId, type ProjectId, type ScimGroupId, type UserId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import { isVersion, readBody } from './protocol/scim-body.js';
import { readGroupFields, toGroupResource, type ScimGroup } from './scim-group.js';
import {
  deleteGroup,
  deleteGroupMembers,
  insertGroup,
  insertGroupMembers,
  isAnyInMore,
  lockGroup,
  lockUsersOf,
  selectGroup,
  selectGroups,
  updateGroup,
} from './scim-group-table.js';
import type { ListPage, ListQuery } from './scim-list.js';
import type { Values } from './protocol/scim-match.js';
import { applyPatch } from './protocol/scim-patch.js';
import { scimProblem, versionProblem } from './protocol/scim-problem.js';
import type { ScimProject, ScimProjectService } from './scim-project.service.js';
import { GROUP } from './protocol/scim-schema.js';
import type { ResourceRef } from './scim-user.service.js';

/** Who comes and goes in one request: each of them is locked, and told of. */
const MAX_CHANGES = 1000;
/** Of one user in one project: each request of his is judged by them. */
const MAX_GROUPS = 100;

/**
 * A project's groups as its directory has them. Access rules know each by a name that holds the ids of project and group, so that no
 * directory puts anybody into a group of others.
 */
export class ScimGroupService {
  constructor(
    private readonly ports: {
      readonly scimProjects: ScimProjectService;
      readonly audit: AuditService;
    },
  ) {}

  /** @param withMembers whether the answer tells who is in them, which takes a while where they are many */
  async list(
    scope: Scope,
    projectId: string,
    query: ListQuery,
    withMembers: boolean,
  ): Promise<ListPage<Values>> {
    const { id, base } = await this.ports.scimProjects.get(scope, projectId);
    const { totalResults, rows } = await selectGroups(scope, id, query, withMembers);
    return { totalResults, rows: rows.map((row) => toGroupResource(row, base)) };
  }

  /** @throws DomainError NOT_FOUND */
  async get(scope: Scope, projectId: string, groupId: string): Promise<Values> {
    const { id, base } = await this.ports.scimProjects.get(scope, projectId);
    return toGroupResource(await this.found(scope, id, groupId), base);
  }

  /** @throws DomainError INVALID_INPUT; FORBIDDEN for a member with a role beyond USER */
  async create(scope: ChangeScope, projectId: string, body: unknown): Promise<Values> {
    const project = await this.ports.scimProjects.getForChange(scope, projectId);
    const fields = readGroupFields(readBody(GROUP, body));
    const id = newId<ScimGroupId>();
    await insertGroup(scope, project.id, { ...fields, id });
    await this.record(scope, 'scim-group.create', { project, id });
    await this.setMembers(scope, project, { id, before: [], after: fields.memberIds });
    return toGroupResource(await this.found(scope, project.id, id), project.base);
  }

  /** @throws DomainError as {@link create}, NOT_FOUND; CONFLICT with `reason` VERSION */
  replace(scope: ChangeScope, ref: ResourceRef, body: unknown): Promise<Values> {
    return this.change(scope, ref, () => readBody(GROUP, body));
  }

  /** @throws DomainError as {@link replace} */
  patch(scope: ChangeScope, ref: ResourceRef, body: unknown): Promise<Values> {
    return this.change(scope, ref, (present) => applyPatch(GROUP, present, body));
  }

  /** @throws DomainError NOT_FOUND, CONFLICT; FORBIDDEN while a member holds a role beyond USER */
  async remove(scope: ChangeScope, ref: ResourceRef): Promise<void> {
    const project = await this.ports.scimProjects.getForChange(scope, ref.projectId);
    const present = await this.locked(scope, project, ref);
    const before = present.members.map(({ value }) => value);
    await this.setMembers(scope, project, { id: present.id, before, after: [] });
    await deleteGroup(scope, present.id);
    await this.record(scope, 'scim-group.delete', { project, id: present.id });
  }

  private async change(
    scope: ChangeScope,
    ref: ResourceRef,
    next: (present: Values) => Values,
  ): Promise<Values> {
    const project = await this.ports.scimProjects.getForChange(scope, ref.projectId);
    const present = await this.locked(scope, project, ref);
    const { id } = present;
    const fields = readGroupFields(next(toGroupResource(present, project.base)));
    const before = present.members.map(({ value }) => value);
    const isChanged =
      fields.displayName !== present.displayName ||
      fields.externalId !== present.externalId ||
      fields.memberIds.join() !== [...before].sort().join();
    if (isChanged) {
      await updateGroup(scope, id, fields);
      await this.record(scope, 'scim-group.update', { project, id });
      await this.setMembers(scope, project, { id, before, after: fields.memberIds });
    }
    return toGroupResource(await this.found(scope, project.id, id), project.base);
  }

  private async setMembers(
    scope: ChangeScope,
    project: ScimProject,
    {
      id,
      before,
      after,
    }: { readonly id: ScimGroupId } & Record<'before' | 'after', readonly UserId[]>,
  ): Promise<void> {
    const added = after.filter((userId) => !before.includes(userId));
    const gone = before.filter((userId) => !after.includes(userId));
    const changed = [...added, ...gone];
    if (changed.length > MAX_CHANGES) {
      throw scimProblem('tooMany', `At most ${String(MAX_CHANGES)} members come or go at once.`);
    }
    const users = await lockUsersOf(scope, project.id, changed);
    const isKnown = new Set(users.map(({ id: userId }) => userId));
    if (added.some((userId) => !isKnown.has(userId))) {
      throw scimProblem('invalidValue', 'members are users of this project.');
    }
    if (users.some(({ roles }) => roles.some((role) => role !== 'USER'))) {
      throw new DomainError('FORBIDDEN');
    }
    await insertGroupMembers(scope, id, added);
    if (await isAnyInMore(scope, project.id, added, MAX_GROUPS)) {
      throw scimProblem('tooMany', `A user is in at most ${String(MAX_GROUPS)} groups.`);
    }
    await deleteGroupMembers(scope, id, gone);
    const userIds = users.map(({ id: userId }) => userId);
    await this.ports.scimProjects.followMembers(scope, { projectId: project.id, userIds });
  }

  private async locked(
    scope: ChangeScope,
    { id: projectId, base }: ScimProject,
    { id, ifMatch }: ResourceRef,
  ): Promise<ScimGroup> {
    const groupId = parseId<ScimGroupId>(id);
    if (groupId === undefined || !(await lockGroup(scope, projectId, groupId))) {
      throw new DomainError('NOT_FOUND');
    }
    const present = await this.found(scope, projectId, groupId);
    const { version } = toGroupResource(present, base)['meta'] as { readonly version: string };
    if (!isVersion(version, ifMatch)) throw versionProblem();
    return present;
  }

  private async found(scope: Scope, projectId: ProjectId, id: string): Promise<ScimGroup> {
    const groupId = parseId<ScimGroupId>(id);
    const group = groupId && (await selectGroup(scope, projectId, groupId));
    if (group === undefined) throw new DomainError('NOT_FOUND');
    return group;
  }

  private record(
    scope: ChangeScope,
    action: string,
    { project, id }: { readonly project: ScimProject; readonly id: ScimGroupId },
  ): Promise<void> {
    return this.ports.audit.record(scope, {
      action,
      target: `scim-group:${id}`,
      detail: `project:${project.id}`,
    });
  }
}
