import { applyPatch, PATCH_SCHEMA } from '../../../../src/features/scim/protocol/scim-patch';
import { GROUP, USER } from '../../../../src/features/scim/protocol/scim-schema';
import { scimTypeOf } from '../../../helpers/scim';

const GROUP_RESOURCE = {
  id: 'acbf3ae7-8463-4692-b4fd-9b4da3f908ce',
  displayName: 'Tour Guides',
  members: [
    { value: '2819c223-7f76-453a-919d-413861904646', display: 'Babs Jensen' },
    { value: '902c246b-6245-4190-8e05-00816be7344a', display: 'Mandy Pepperidge' },
  ],
};
const USER_RESOURCE = {
  id: '2819c223-7f76-453a-919d-413861904646',
  userName: 'bjensen',
  name: { familyName: 'Jensen', givenName: 'Barbara' },
  active: true,
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
};

function patched(type: typeof USER, resource: object, ...operations: readonly object[]): any {
  const before = structuredClone(resource);
  const after = applyPatch(type, resource as Record<string, unknown>, {
    schemas: [PATCH_SCHEMA],
    Operations: operations,
  });
  expect(resource).toEqual(before); // what was given stays as it is
  return JSON.parse(JSON.stringify(after));
}
const group = (...operations: readonly object[]): any =>
  patched(GROUP, GROUP_RESOURCE, ...operations);
const user = (...operations: readonly object[]): any => patched(USER, USER_RESOURCE, ...operations);
const memberIds = ({ members }: any): string[] => members.map(({ value }: any) => value as string);
const [babs, mandy] = GROUP_RESOURCE.members.map(({ value }) => value) as [string, string];
const james = '08e1d05d-121c-4561-8b96-473d93df9210';

describe('the examples of RFC 7644 section 3.5.2', () => {
  test('a member is added, and once only', () => {
    const add = {
      op: 'add',
      path: 'members',
      value: [
        { display: 'James Smith', $ref: `https://example.com/v2/Users/${james}`, value: james },
      ],
    };
    expect(memberIds(group(add))).toEqual([babs, mandy, james]);
    expect(memberIds(group(add, add))).toEqual([babs, mandy, james]);
  });

  test('attributes are added without a path', () => {
    const changed = user({
      op: 'add',
      value: { emails: [{ value: 'b@new.example', type: 'home' }], displayName: 'Babs' },
    });
    expect(changed.displayName).toBe('Babs');
    expect(changed.emails).toHaveLength(3);
  });

  test('a single member is removed by a filter', () => {
    expect(memberIds(group({ op: 'remove', path: `members[value eq "${babs}"]` }))).toEqual([
      mandy,
    ]);
  });

  test('all members are removed', () => {
    expect(group({ op: 'remove', path: 'members' }).members).toEqual([]);
  });

  test('a value is removed by a filter of several parts', () => {
    const changed = user({
      op: 'remove',
      path: 'emails[type eq "work" and value ew "example.com"]',
    });
    expect(changed.emails).toEqual([{ value: 'babs@jensen.org', type: 'home' }]);
  });

  test('one operation takes a member out, the next puts another in', () => {
    const changed = group(
      { op: 'remove', path: `members[value eq "${babs}"]` },
      { op: 'add', path: 'members', value: [{ value: james }] },
    );
    expect(memberIds(changed)).toEqual([mandy, james]);
  });

  test('all members are replaced', () => {
    expect(memberIds(group({ op: 'replace', path: 'members', value: [{ value: james }] }))).toEqual(
      [james],
    );
  });

  test('one part of one value is replaced', () => {
    const changed = user({
      op: 'replace',
      path: 'emails[type eq "work"].value',
      value: 'x@y.example',
    });
    expect(changed.emails[0]).toEqual({ value: 'x@y.example', type: 'work', primary: true });
    expect(changed.emails[1]).toEqual(USER_RESOURCE.emails[1]);
  });

  test('attributes are replaced without a path, lists as a whole', () => {
    const changed = user({
      op: 'replace',
      value: { emails: [{ value: 'only@example.com' }], active: false },
    });
    expect([changed.emails, changed.active]).toEqual([[{ value: 'only@example.com' }], false]);
  });
});

describe('what directories send', () => {
  test('operations with a capital letter', () => {
    expect(user({ op: 'Replace', path: 'active', value: 'False' }).active).toBe('False');
  });

  test('paths as names, without a path of the operation', () => {
    const changed = user({ op: 'Replace', value: { 'name.familyName': 'Smith', active: false } });
    expect(changed).toMatchObject({
      active: false,
      name: { familyName: 'Smith', givenName: 'Barbara' },
    });
  });

  test('a part of a value that is not there yet', () => {
    const changed = patched(
      USER,
      { userName: 'x' },
      { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' },
    );
    expect(changed.emails).toEqual([{ type: 'work', value: 'x@example.com' }]);
  });

  test('members to remove in the value', () => {
    const changed = group({ op: 'Remove', path: 'members', value: [{ value: babs }] });
    expect(memberIds(changed)).toEqual([mandy]);
  });

  test('a member to remove who is not there', () => {
    expect(memberIds(group({ op: 'remove', path: `members[value eq "${james}"]` }))).toEqual([
      babs,
      mandy,
    ]);
  });

  test('the id among what is replaced, as it is', () => {
    const value = { id: GROUP_RESOURCE.id, displayName: 'Guides' };
    expect(group({ op: 'replace', value }).displayName).toBe('Guides');
  });

  test('paths with the schema’s URI', () => {
    const path = 'urn:ietf:params:scim:schemas:core:2.0:User:name.givenName';
    expect(user({ op: 'replace', path, value: 'Babs' }).name.givenName).toBe('Babs');
  });

  test('nothing, to clear', () => {
    expect(user({ op: 'replace', path: 'name.givenName', value: null }).name.givenName).toBeNull();
    expect(user({ op: 'remove', path: 'emails' }).emails).toEqual([]);
  });

  test('another value as the primary one', () => {
    const changed = user({
      op: 'add',
      path: 'emails',
      value: [{ value: 'n@example.com', primary: true }],
    });
    expect(changed.emails.filter(({ primary }: any) => primary === true)).toHaveLength(1);
  });
});

test.each([
  ['an operation that there is not', { op: 'move', path: 'active', value: 1 }, 'invalidSyntax'],
  ['nothing to add', { op: 'add', path: 'active' }, 'invalidValue'],
  ['a removal of everything', { op: 'remove' }, 'noTarget'],
  ['an attribute that there is not', { op: 'add', path: 'title', value: 'x' }, 'invalidPath'],
  ['a path that cannot be read', { op: 'add', path: 'emails[', value: 'x' }, 'invalidPath'],
  ['what is read-only', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
  ['what is read-only, without a path', { op: 'replace', value: { id: 'x' } }, 'mutability'],
  ['what is required', { op: 'remove', path: 'userName' }, 'invalidValue'],
  [
    'a value that is not there',
    { op: 'replace', path: 'emails[type eq "fax"].value', value: 'x' },
    'noTarget',
  ],
  [
    'a filter where there is one value',
    { op: 'replace', path: 'name[familyName pr]', value: {} },
    'invalidPath',
  ],
  ['parts that are no object', { op: 'replace', path: 'name', value: 'Barbara' }, 'invalidValue'],
])('%s is refused, and nothing of the request is done', (_, operation, scimType) => {
  expect(scimTypeOf(() => user({ op: 'replace', path: 'active', value: false }, operation))).toBe(
    scimType,
  );
});

test.each([
  ['no schema', { Operations: [{ op: 'remove', path: 'emails' }] }],
  ['no operations', { schemas: [PATCH_SCHEMA] }],
  ['an empty list', { schemas: [PATCH_SCHEMA], Operations: [] }],
  ['no object', 'text'],
])('a body with %s is refused', (_, body) => {
  expect(scimTypeOf(() => applyPatch(USER, USER_RESOURCE, body))).toBe('invalidSyntax');
});

test('names of the prototype are attributes that there are not', () => {
  for (const path of ['__proto__', 'constructor', 'name.__proto__', 'toString']) {
    expect(scimTypeOf(() => user({ op: 'add', path, value: { polluted: true } }))).toBe(
      'invalidPath',
    );
  }
  const value = JSON.parse('{"__proto__": {"polluted": true}}');
  expect(scimTypeOf(() => user({ op: 'add', value }))).toBe('invalidPath');
  expect(({} as any).polluted).toBeUndefined();
});

test('operations that would go through a large group again and again are refused', () => {
  const members = Array.from({ length: 20_000 }, (_, i) => ({ value: String(i) }));
  const removals = members
    .slice(0, 100)
    .map(({ value }) => ({ op: 'remove', path: `members[value eq "${value}"]` }));
  const apply = (operations: readonly object[]): unknown =>
    applyPatch(
      GROUP,
      { displayName: 'x', members },
      { schemas: [PATCH_SCHEMA], Operations: operations },
    );
  expect(scimTypeOf(() => apply(removals))).toBe('tooMany');
  expect(scimTypeOf(() => apply(removals.slice(0, 50)))).toBeUndefined();
});
