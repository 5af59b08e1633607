import type { Role } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import type { UserState } from '../users/user.service.js';
import { booleanOf } from './protocol/scim-condition.js';
import { flagIn, objectsIn, textIn, versionOf } from './protocol/scim-body.js';
import type { Values } from './protocol/scim-match.js';
import { scimProblem } from './protocol/scim-problem.js';
import { isObject } from './protocol/scim-patch.js';
import { USER_SCHEMA } from './protocol/scim-schema.js';

/** One user of a project, as the database has him. */
export interface ScimUser {
  readonly id: UserId;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly state: UserState;
  readonly roles: readonly Role[];
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly externalId: string | null;
  readonly isMember: boolean;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly groups: readonly { readonly value: string; readonly display: string }[];
}

/** What a directory says of him. */
export interface ScimUserFields {
  readonly userName: string;
  readonly displayName: string;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly externalId: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly active: boolean;
}

/** @param base URI of the project's endpoint */
export function toUserResource(user: ScimUser, base: string): Values {
  const { givenName, familyName, email, phone } = user;
  const resource = withoutHoles({
    schemas: [USER_SCHEMA],
    id: user.id,
    externalId: user.externalId,
    userName: user.username,
    name: withoutHoles({ formatted: user.displayName, familyName, givenName }),
    displayName: user.displayName,
    active: user.isMember,
    emails: email === null ? null : [{ value: email, type: 'work', primary: true }],
    phoneNumbers: phone === null ? null : [{ value: phone, type: 'mobile', primary: true }],
    groups:
      user.groups.length === 0
        ? null
        : user.groups.map(({ value, display }) => ({
            ...{ value, $ref: `${base}/Groups/${value}`, display },
          })),
  });
  const meta = {
    resourceType: 'User',
    created: user.createdAt.toISOString(),
    lastModified: user.changedAt.toISOString(),
    location: `${base}/Users/${user.id}`,
  };
  return { ...resource, meta: { ...meta, version: versionOf({ ...resource, meta }) } };
}

/**
 * What a resource says that was sent, or changed by a PATCH from what it was `before`.
 * @throws DomainError INVALID_INPUT with scimType invalidValue
 */
export function readUserFields(resource: Values, before?: ScimUserFields): ScimUserFields {
  const userName = textIn(resource, 'userName');
  if (userName === null) throw scimProblem('invalidValue', 'userName is required.');
  const name = isObject(resource['name']) ? resource['name'] : {};
  const [givenName, familyName] = [textIn(name, 'givenName'), textIn(name, 'familyName')];
  const names = { userName, givenName, familyName };
  return {
    ...names,
    displayName: displayNameIn(resource, textIn(name, 'formatted'), { names, before }),
    externalId: textIn(resource, 'externalId'),
    email: addressIn(resource),
    phone: phoneIn(resource),
    active: flagIn(resource, 'active', true),
  };
}

type Names = Pick<ScimUserFields, 'userName' | 'givenName' | 'familyName'>;

/** A name that was put together from its parts follows them. */
function displayNameIn(
  resource: Values,
  formatted: string | null,
  { names, before }: { readonly names: Names; readonly before: ScimUserFields | undefined },
): string {
  const given = textIn(resource, 'displayName');
  if (before === undefined) return given ?? formatted ?? joined(names);
  if (given !== null && given !== before.displayName) return given;
  if (formatted !== null && formatted !== before.displayName) return formatted;
  return before.displayName === joined(before) || given === null ? joined(names) : given;
}

function joined({ userName, givenName, familyName }: Names): string {
  return [givenName, familyName].filter((part) => part !== null).join(' ') || userName;
}

function addressIn(resource: Values): string | null {
  const emails = objectsIn(resource, 'emails');
  const chosen = emails.find(isPrimary) ?? emails[0];
  return chosen === undefined ? null : textIn(chosen, 'value');
}

function phoneIn(resource: Values): string | null {
  const numbers = objectsIn(resource, 'phoneNumbers');
  const isMobile = ({ type }: Values): boolean => String(type).toLowerCase() === 'mobile';
  const chosen = numbers.find(isMobile) ?? numbers.find(isPrimary) ?? numbers[0];
  const number = chosen === undefined ? null : textIn(chosen, 'value');
  // RFC 7643 4.1.2: as RFC 3966 writes them.
  return number === null ? null : number.replace(/^tel:/i, '').replace(/[\s().-]/g, '');
}

function isPrimary({ primary }: Values): boolean {
  return booleanOf(primary) === true;
}

export function withoutHoles(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  );
}
