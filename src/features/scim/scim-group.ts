import type { ProjectId, ScimGroupId, UserId } from '../../kernel/ids.js';
import { parseId } from '../../kernel/ids.js';
import { projectGroupName } from '../../kernel/project-group.js';
import { textProblem } from '../../kernel/text.js';
import { objectsIn, textIn, versionOf } from './protocol/scim-body.js';
import type { Values } from './protocol/scim-match.js';
import { scimProblem } from './protocol/scim-problem.js';
import { GROUP_SCHEMA, SIGNET_GROUP_SCHEMA } from './protocol/scim-schema.js';
import { withoutHoles } from './scim-user.js';

const MAX_NAME = 200;
const MAX_EXTERNAL_ID = 128;

export interface ScimGroup {
  readonly id: ScimGroupId;
  readonly projectId: ProjectId;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly members: readonly { readonly value: UserId; readonly display: string }[];
}

export interface ScimGroupFields {
  readonly displayName: string;
  readonly externalId: string | null;
  readonly memberIds: readonly UserId[];
}

/** @param base URI of the project's endpoint */
export function toGroupResource(group: ScimGroup, base: string): Values {
  const resource = withoutHoles({
    schemas: [GROUP_SCHEMA, SIGNET_GROUP_SCHEMA],
    id: group.id,
    externalId: group.externalId,
    displayName: group.displayName,
    members:
      group.members.length === 0
        ? null
        : group.members.map(({ value, display }) => ({
            ...{ value, $ref: `${base}/Users/${value}`, type: 'User', display },
          })),
    [SIGNET_GROUP_SCHEMA]: { accessGroup: projectGroupName(group.projectId, group.id) },
  });
  const meta = {
    resourceType: 'Group',
    created: group.createdAt.toISOString(),
    lastModified: group.updatedAt.toISOString(),
    location: `${base}/Groups/${group.id}`,
  };
  return { ...resource, meta: { ...meta, version: versionOf({ ...resource, meta }) } };
}

/** @throws DomainError INVALID_INPUT with scimType invalidValue */
export function readGroupFields(resource: Values): ScimGroupFields {
  const displayName = textIn(resource, 'displayName');
  const problem = textProblem(displayName ?? '', { max: MAX_NAME });
  if (displayName === null || problem !== undefined) {
    throw scimProblem('invalidValue', `displayName: ${problem ?? 'It is required.'}`);
  }
  const externalId = textIn(resource, 'externalId');
  const idProblem =
    externalId === null ? undefined : textProblem(externalId, { max: MAX_EXTERNAL_ID });
  if (idProblem !== undefined) throw scimProblem('invalidValue', `externalId: ${idProblem}`);
  return { displayName, externalId, memberIds: memberIdsIn(resource) };
}

function memberIdsIn(resource: Values): UserId[] {
  const ids = objectsIn(resource, 'members').map((member) => {
    const isGroup = textIn(member, 'type')?.toLowerCase() === 'group';
    const id = isGroup ? undefined : parseId<UserId>(textIn(member, 'value') ?? '');
    if (id === undefined) throw scimProblem('invalidValue', 'members are users of this project.');
    return id;
  });
  return [...new Set(ids)].sort();
}
