import { scimProblem } from './scim-problem.js';
import type { AttributePath } from './scim-filter.js';

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const SIGNET_GROUP_SCHEMA = 'urn:signet:params:scim:schemas:extension:2.0:Group';

/** Characteristics of an attribute: RFC 7643 section 7. */
export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex';
  readonly description: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable';
  readonly returned: 'always' | 'default';
  readonly uniqueness: 'none' | 'server';
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** What a resource of one kind consists of. */
export interface ResourceType {
  readonly name: 'User' | 'Group';
  readonly endpoint: '/Users' | '/Groups';
  readonly schema: Schema;
  readonly extensions: readonly Schema[];
}

type Wish = Partial<Attribute> & Pick<Attribute, 'description'>;

/** As RFC 7643 section 2.2 says, unless told otherwise. */
function attribute(name: string, wish: Wish): Attribute {
  return {
    name,
    type: wish.subAttributes === undefined ? 'string' : 'complex',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...wish,
  };
}

function readOnly(name: string, wish: Wish): Attribute {
  return attribute(name, { mutability: 'readOnly', ...wish });
}

const TYPE = attribute('type', {
  description: 'Always work: there is room for one.',
  canonicalValues: ['work'],
});
const PRIMARY = attribute('primary', { type: 'boolean', description: 'Always true.' });

/** RFC 7643 section 3.1: these stand in every resource, and in no schema. */
const COMMON: readonly Attribute[] = [
  attribute('schemas', { multiValued: true, caseExact: true, description: 'URIs of its schemas.' }),
  readOnly('id', {
    caseExact: true,
    returned: 'always',
    uniqueness: 'server',
    description: 'Id of the resource.',
  }),
  attribute('externalId', { caseExact: true, description: 'What the directory knows it by.' }),
  readOnly('meta', {
    description: 'About the resource.',
    subAttributes: [
      readOnly('resourceType', { caseExact: true, description: 'Its type.' }),
      readOnly('created', { type: 'dateTime', description: 'When it was made.' }),
      readOnly('lastModified', { type: 'dateTime', description: 'When it was last changed.' }),
      readOnly('location', { type: 'reference', caseExact: true, description: 'Its URI.' }),
      readOnly('version', { caseExact: true, description: 'Its entity tag.' }),
    ],
  }),
];

export const USER: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  extensions: [],
  schema: {
    id: USER_SCHEMA,
    name: 'User',
    description: 'A member of the project.',
    attributes: [
      attribute('userName', {
        required: true,
        mutability: 'immutable',
        uniqueness: 'server',
        description: 'The name to sign in with, 1 to 64 visible characters. It stays as it is.',
      }),
      attribute('name', {
        description: 'The parts of the name.',
        subAttributes: [
          readOnly('formatted', { description: 'The name that people read.' }),
          attribute('familyName', { description: 'Family name.' }),
          attribute('givenName', { description: 'Given name.' }),
        ],
      }),
      attribute('displayName', {
        description: 'The name that people read. Without it: given and family name, else userName.',
      }),
      attribute('active', {
        type: 'boolean',
        description:
          'Whether he is a member. While he is not, his mobile IDs in this project are suspended.',
      }),
      attribute('emails', {
        multiValued: true,
        description: 'One address: of several, the primary one is taken, or else the first.',
        subAttributes: [attribute('value', { description: 'Mail address.' }), TYPE, PRIMARY],
      }),
      attribute('phoneNumbers', {
        multiValued: true,
        description:
          'One mobile number, in E.164 format or as tel: URI: of several, the one of type mobile, else the primary one, else the first.',
        subAttributes: [
          attribute('value', { description: 'Mobile number.' }),
          { ...TYPE, description: 'Always mobile.', canonicalValues: ['mobile'] },
          PRIMARY,
        ],
      }),
      readOnly('groups', {
        multiValued: true,
        description: 'The groups of this project that he is in.',
        subAttributes: [
          readOnly('value', { caseExact: true, description: 'Id of the group.' }),
          readOnly('$ref', {
            type: 'reference',
            caseExact: true,
            referenceTypes: ['Group'],
            description: 'URI of the group.',
          }),
          readOnly('display', { description: 'Name of the group.' }),
        ],
      }),
    ],
  },
};

export const GROUP: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  schema: {
    id: GROUP_SCHEMA,
    name: 'Group',
    description: 'A group of members, of this project alone.',
    attributes: [
      attribute('displayName', {
        required: true,
        description: 'Name for people, up to 200 characters.',
      }),
      attribute('members', {
        multiValued: true,
        description: 'Users of this project. Groups do not hold groups.',
        subAttributes: [
          attribute('value', {
            caseExact: true,
            mutability: 'immutable',
            description: 'Id of the user.',
          }),
          attribute('$ref', {
            type: 'reference',
            caseExact: true,
            mutability: 'immutable',
            referenceTypes: ['User'],
            description: 'URI of the user.',
          }),
          attribute('type', {
            mutability: 'immutable',
            canonicalValues: ['User'],
            description: 'Always User.',
          }),
          readOnly('display', { description: 'Name of the user.' }),
        ],
      }),
    ],
  },
  extensions: [
    {
      id: SIGNET_GROUP_SCHEMA,
      name: 'Access group',
      description: 'The group as access rules know it.',
      attributes: [
        readOnly('accessGroup', {
          caseExact: true,
          description: 'What access rules call it. No other group can have this name.',
        }),
      ],
    },
  ],
};

export const RESOURCE_TYPES: readonly ResourceType[] = [USER, GROUP];

/** An attribute of a resource type, and which part of it. */
export interface Target {
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
  /** Of the extension that it belongs to; null for what stands in the resource itself. */
  readonly extension: string | null;
}

/** @throws DomainError INVALID_INPUT where the type has no such attribute */
export function targetOf(
  type: ResourceType,
  path: AttributePath,
  scimType: 'invalidFilter' | 'invalidPath',
): Target {
  const target = findTarget(type, path);
  if (target !== undefined) return target;
  throw scimProblem(scimType, `A ${type.name} has no such attribute.`);
}

/** Names and URIs are compared without regard to case: RFC 7643 section 2.1. */
export function findTarget(
  type: ResourceType,
  { uri, name, sub }: AttributePath,
): Target | undefined {
  const place = placeOf(type, uri);
  const attribute = place?.attributes.find((one) => isSame(one.name, name));
  if (place === undefined || attribute === undefined) return undefined;
  const part = sub === null ? null : subAttribute(attribute, sub);
  return part === undefined ? undefined : { attribute, sub: part, extension: place.extension };
}

function placeOf(
  { schema, extensions }: ResourceType,
  uri: string | null,
): { readonly extension: string | null; readonly attributes: readonly Attribute[] } | undefined {
  if (uri === null || isSame(schema.id, uri)) {
    return { extension: null, attributes: [...COMMON, ...schema.attributes] };
  }
  const extension = extensions.find(({ id }) => isSame(id, uri));
  return extension && { extension: extension.id, attributes: extension.attributes };
}

export function subAttribute(
  { subAttributes = [] }: Attribute,
  name: string,
): Attribute | undefined {
  return subAttributes.find((one) => isSame(one.name, name));
}

export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
