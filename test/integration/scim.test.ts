import fc from 'fast-check';
import { readCondition } from '../../src/features/scim/protocol/scim-condition';
import {
  parseFilter,
  printFilter,
  type Filter,
} from '../../src/features/scim/protocol/scim-filter';
import { matches } from '../../src/features/scim/protocol/scim-match';
import { GROUP, USER } from '../../src/features/scim/protocol/scim-schema';
import { accessToken, createClient } from '../helpers/api-clients';
import { newName } from '../helpers/orders';
import { administrator, createPerson, createProject } from '../helpers/people';
import { GROUP_URN, newUser, ScimDirectory, USER_URN, type ScimResource } from '../helpers/scim';
import { startTestServer, type TestServer } from '../helpers/server';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const NOBODY = '00000000-0000-4000-8000-000000000000';

let server: TestServer;
let admin: string;
let projectId: string;
let token: string;
let scim: ScimDirectory;

beforeAll(async () => {
  server = await startTestServer();
  admin = await administrator(server);
  token = await accessToken(server, await createClient(server, admin, { scopes: ['users:write'] }));
  ({ projectId, scim } = await newProject());
});
afterAll(() => server.stop());

async function newProject(): Promise<{ projectId: string; scim: ScimDirectory }> {
  const id = await createProject(server, admin, newName('project'));
  return { projectId: id, scim: directoryOf(id) };
}

function directoryOf(id: string, bearer: string | null = token): ScimDirectory {
  return new ScimDirectory(`${server.url}/scim/v2/projects/${id}`, bearer);
}

async function ask(query: string, variables: Record<string, unknown> = {}): Promise<any> {
  const { data, errors } = await server.graphql(query, variables, { token: admin });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}

async function memberBy(key: Record<string, string>): Promise<any> {
  const [[name, value]] = Object.entries(key) as [[string, string]];
  const { project } = await ask(
    `query ($id: ID!, $value: ${name === 'userId' ? 'ID' : 'String'}) {
       project(id: $id) { member(${name}: $value) { syncId user { id groups state } } } }`,
    { id: projectId, value },
  );
  return project.member;
}

describe('a user', () => {
  test('is made, found, changed and deleted, as a member of the project', async () => {
    const made = await scim.call(
      'POST',
      '/Users',
      newUser('bjensen', {
        externalId: 'ext-701984',
        name: { formatted: 'Ms. Barbara J Jensen', familyName: 'Jensen', givenName: 'Barbara' },
        emails: [
          { value: 'babs@jensen.org', type: 'home' },
          { value: 'bjensen@example.com', type: 'work', primary: true },
        ],
        phoneNumbers: [{ value: 'tel:+41-44-123-45-67', type: 'mobile' }],
        password: 'never taken',
        title: 'unknown here',
      }),
    );
    expect(made.status).toBe(201);
    expect(made.headers.get('content-type')).toMatch(/^application\/scim\+json/);
    const { id, meta } = made.body as ScimResource;
    expect(made.headers.get('location')).toBe(`${scim.base}/Users/${id}`);
    expect(made.headers.get('etag')).toBe(meta.version);
    expect(made.body).toEqual({
      schemas: [USER_URN],
      id,
      externalId: 'ext-701984',
      userName: 'bjensen',
      name: { formatted: 'Ms. Barbara J Jensen', familyName: 'Jensen', givenName: 'Barbara' },
      displayName: 'Ms. Barbara J Jensen',
      active: true,
      emails: [{ value: 'bjensen@example.com', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+41441234567', type: 'mobile', primary: true }],
      meta: {
        resourceType: 'User',
        created: expect.any(String),
        lastModified: expect.any(String),
        location: `${scim.base}/Users/${id}`,
        version: expect.stringMatching(/^W\/".+"$/),
      },
    });
    expect(await memberBy({ syncId: 'ext-701984' })).toMatchObject({ user: { id } });

    const path = `/Users/${id}`;
    expect((await scim.call('GET', path)).body).toEqual(made.body);
    const unchanged = await scim.call('GET', path, undefined, { 'if-none-match': meta.version });
    expect(unchanged.status).toBe(304);

    const changed = await scim.patch(path, {
      op: 'replace',
      path: 'name.familyName',
      value: 'Smith',
    });
    expect(changed.body.name.familyName).toBe('Smith');
    expect(changed.body.displayName).toBe('Ms. Barbara J Jensen'); // not made of its parts

    const put = await scim.call('PUT', path, newUser('BJENSEN', { name: { givenName: 'Babs' } }));
    expect(put.status).toBe(200);
    expect(put.body).toMatchObject({ userName: 'bjensen', displayName: 'Babs', active: true });
    for (const gone of ['externalId', 'emails', 'phoneNumbers'])
      expect(put.body[gone]).toBeUndefined();
    expect(await memberBy({ userId: id })).toMatchObject({ syncId: null });

    expect((await scim.call('DELETE', path)).status).toBe(204);
    expect((await scim.call('GET', path)).status).toBe(404);
    expect((await scim.call('DELETE', path)).status).toBe(404);
    expect(await memberBy({ userId: id })).toBeNull();
    expect((await ask('query ($id: ID!) { user(id: $id) { state } }', { id })).user.state).toBe(
      'ACTIVE',
    );
    expect((await scim.user('bjensen')).id).toBe(id); // he comes back as who he is
  });

  test('is changed only by who has seen him as he is', async () => {
    const { id, meta } = await scim.user('etagged');
    const path = `/Users/${id}`;
    const operation = { op: 'replace', path: 'displayName', value: 'One' };
    const body = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [operation],
    };
    const first = await scim.call('PATCH', path, body, { 'if-match': meta.version });
    expect(first.status).toBe(200);
    for (const [method, sent] of [
      ['PATCH', body],
      ['PUT', newUser('etagged')],
      ['DELETE'],
    ] as const) {
      const stale = await scim.call(method, path, sent, { 'if-match': meta.version });
      expect([method, stale.status]).toEqual([method, 412]);
    }
    const fresh = first.headers.get('etag') ?? '';
    expect((await scim.call('DELETE', path, undefined, { 'if-match': fresh })).status).toBe(204);
  });

  test('who becomes inactive loses his membership and is still found, and gets it back', async () => {
    const { id } = await scim.user('seasonal', { externalId: 'season' });
    const path = `/Users/${id}`;
    const off = await scim.patch(path, { op: 'Replace', path: 'active', value: 'False' });
    expect(off.body).toMatchObject({ active: false, externalId: 'season' });
    expect(await memberBy({ userId: id })).toBeNull();
    expect((await scim.found('active eq false')).map((one) => one.id)).toContain(id);
    expect((await scim.found('externalId eq "season"')).map((one) => one.id)).toEqual([id]);
    const on = await scim.patch(path, { op: 'replace', value: { active: true } });
    expect(on.body).toMatchObject({ active: true, externalId: 'season' });
    expect(await memberBy({ syncId: 'season' })).toMatchObject({ user: { id } });
  });

  test('who begins inactive is no member and cannot sign in before he becomes active', async () => {
    const { id, active } = await scim.user('later', { active: false });
    expect([active, await memberBy({ userId: id })]).toEqual([false, null]);
    const state = async (): Promise<string> =>
      (await ask('query ($id: ID!) { user(id: $id) { state } }', { id })).user.state as string;
    expect(await state()).toBe('REGISTERED');
    await scim.patch(`/Users/${id}`, { op: 'add', path: 'active', value: true });
    expect(await state()).toBe('ACTIVE');
    expect(await memberBy({ userId: id })).not.toBeNull();
  });

  test('whom Signet knows already becomes a member, and keeps what the directory does not say', async () => {
    const person = await createPerson(server, admin, newName('known'));
    const made = await scim.user(person.username, { externalId: newName('ext') });
    expect(made).toMatchObject({
      id: person.id,
      displayName: person.username,
      emails: [{ value: person.email }],
    });
    const again = await scim.call('POST', '/Users', newUser(person.username.toUpperCase()));
    expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness']);
  });

  test('of another project is not there', async () => {
    const { id } = await scim.user(newName('ours'));
    const { scim: other } = await newProject();
    expect((await other.call('GET', `/Users/${id}`)).status).toBe(404);
    expect((await other.patch(`/Users/${id}`, { op: 'remove', path: 'emails' })).status).toBe(404);
    expect((await other.call('GET', '/Users')).body.totalResults).toBe(0);
  });

  test('with a role beyond USER is seen, and never changed', async () => {
    const olga = await createPerson(server, admin, newName('olga'), ['USER', 'OPERATOR']);
    await ask(
      'mutation ($p: ID!, $u: ID!) { addProjectMember(projectId: $p, userId: $u, invite: false) { id } }',
      { p: projectId, u: olga.id },
    );
    const path = `/Users/${olga.id}`;
    expect((await scim.call('GET', path)).body.userName).toBe(olga.username);
    expect((await scim.patch(path, { op: 'replace', path: 'active', value: false })).status).toBe(
      403,
    );
    expect((await scim.call('PUT', path, newUser(olga.username))).status).toBe(403);
    expect((await scim.call('DELETE', path)).status).toBe(403);
    const group = newGroup('Trusted', [olga.id]);
    expect((await scim.call('POST', '/Groups', group)).status).toBe(403);
    const { scim: other } = await newProject();
    expect((await other.call('POST', '/Users', newUser(olga.username))).status).toBe(403);
  });

  test.each([
    ['no name', {}, 'invalidValue'],
    ['a name with a blank', { userName: 'two words' }, 'invalidValue'],
    ['no address', { userName: 'x1', emails: [{ value: 'nobody' }] }, 'invalidValue'],
    ['no number', { userName: 'x2', phoneNumbers: [{ value: 'call me' }] }, 'invalidValue'],
    ['a list that is none', { userName: 'x3', emails: [5] }, 'invalidValue'],
    ['neither active nor not', { userName: 'x4', active: 'perhaps' }, 'invalidValue'],
    ['a name that is no text', { userName: { a: 1 } }, 'invalidValue'],
  ])('with %s is refused, and not made', async (_, fields, scimType) => {
    const { status, body } = await scim.call('POST', '/Users', { schemas: [USER_URN], ...fields });
    expect([status, body.scimType]).toEqual([400, scimType]);
    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      detail: expect.any(String),
    });
  });

  test('cannot be let in and out without end, as each time mails are sent', async () => {
    const { id } = await scim.user(newName('restless'));
    const operation = { op: 'remove', path: 'emails' };
    for (let i = 0; i < 60; i += 1) await scim.patch(`/Users/${id}`, operation);
    const { status, headers, body } = await scim.patch(`/Users/${id}`, operation);
    expect([status, body.status]).toEqual([429, '429']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('keeps his name, and an external id is one user’s', async () => {
    const [one, two] = [
      await scim.user(newName('a'), { externalId: 'same' }),
      await scim.user(newName('b')),
    ];
    const renamed = await scim.patch(`/Users/${two.id}`, {
      op: 'replace',
      path: 'userName',
      value: 'other',
    });
    expect([renamed.status, renamed.body.scimType]).toEqual([400, 'mutability']);
    const taken = await scim.patch(`/Users/${two.id}`, {
      op: 'add',
      path: 'externalId',
      value: 'same',
    });
    expect([taken.status, taken.body.scimType]).toEqual([409, 'uniqueness']);
    expect((await scim.found('externalId eq "same"')).map(({ id }) => id)).toEqual([one.id]);
  });
});

function newGroup(displayName: string, memberIds: readonly string[] = []): object {
  return { schemas: [GROUP_URN], displayName, members: memberIds.map((value) => ({ value })) };
}

describe('a group', () => {
  test('is made, changed and deleted, and its members know of it', async () => {
    const [a, b] = [await scim.user(newName('ga')), await scim.user(newName('gb'))];
    const made = await scim.call('POST', '/Groups', newGroup('Tour Guides', [a.id]));
    expect(made.status).toBe(201);
    const { id } = made.body as ScimResource;
    const path = `/Groups/${id}`;
    expect(made.body).toMatchObject({
      displayName: 'Tour Guides',
      members: [{ value: a.id, type: 'User', $ref: `${scim.base}/Users/${a.id}` }],
    });
    const both = await scim.patch(path, { op: 'add', path: 'members', value: [{ value: b.id }] });
    expect(both.body.members).toHaveLength(2);
    expect((await scim.call('GET', `/Users/${b.id}`)).body.groups).toEqual([
      { value: id, display: 'Tour Guides', $ref: `${scim.base}/Groups/${id}` },
    ]);
    expect(
      (await scim.found(`groups.value eq "${id}" and userName eq "${String(a['userName'])}"`))
        .length,
    ).toBe(1);
    const one = await scim.patch(path, { op: 'remove', path: `members[value eq "${a.id}"]` });
    expect(one.body.members.map(({ value }: any) => value)).toEqual([b.id]);
    const renamed = await scim.call('PUT', path, newGroup('Guides'));
    expect(renamed.body.members).toBeUndefined();
    expect((await scim.call('DELETE', path)).status).toBe(204);
    expect((await scim.call('GET', path)).status).toBe(404);
  });

  test('lets its members in where a rule names it, while they are members, and no one else', async () => {
    const person = await createPerson(server, admin, newName('guide'));
    await scim.user(person.username);
    const { id, [GROUP_EXTENSION]: extension } = await scim.group('Guides', [person.id]);
    const accessGroup = extension.accessGroup as string;
    expect(accessGroup).toBe(`project/${projectId}/${id}`);
    const outcome = async (): Promise<string> => {
      const { explainAccess } = await ask(
        `query ($userId: ID!) { explainAccess(resource: "/admin/identity-providers", userId: $userId) {
           verdicts { rule { name } matched } } }`,
        { userId: person.id },
      );
      return explainAccess.verdicts.find(({ rule }: any) => rule.name === 'Guides')
        .matched as string;
    };
    await ask('mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }', {
      input: {
        name: 'Guides',
        resources: ['/admin/identity-providers'],
        when: { groups: [accessGroup] },
        require: [],
      },
    });
    expect(await outcome()).toBe(true);
    // A group of the same name, of another project, or of this one, is another.
    const { scim: other } = await newProject();
    const stranger = await other.user(newName('stranger'));
    await other.group('Guides', [stranger.id]);
    const { user } = await ask('query ($id: ID!) { user(id: $id) { groups } }', {
      id: stranger.id,
    });
    expect(user.groups).not.toContain(accessGroup);

    await scim.patch(`/Users/${person.id}`, { op: 'replace', path: 'active', value: false });
    expect(await outcome()).toBe(false);
    await scim.patch(`/Users/${person.id}`, { op: 'replace', path: 'active', value: true });
    expect(await outcome()).toBe(true);
    await scim.call('DELETE', `/Groups/${id}`);
    expect(await outcome()).toBe(false);
  });

  test('is entered by SCIM alone, and not lost by what others say of a user', async () => {
    const { id } = await scim.user(newName('grouped'));
    const group = await scim.group('Own', [id]);
    const name = group[GROUP_EXTENSION].accessGroup as string;
    const update = (groups: readonly string[]) =>
      server.graphql(
        'mutation ($id: ID!, $groups: [String!]) { updateUser(id: $id, input: { groups: $groups }) { groups } }',
        { id, groups },
        { token: admin },
      );
    expect((await update(['staff'])).data.updateUser.groups).toEqual(['staff', name]);
    expect((await update([name, 'staff'])).data.updateUser.groups).toEqual(['staff', name]);
    const forged = await update([`project/${projectId}/${NOBODY}`]);
    expect(forged.errors[0]?.extensions.code).toBe('INVALID_INPUT');
    const made = await server.graphql(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { username: newName('forger'), displayName: 'F', groups: [name] } },
      { token: admin },
    );
    expect(made.errors[0]?.extensions.code).toBe('INVALID_INPUT');
  });

  test.each([
    ['somebody whom the project does not know', () => [NOBODY]],
    ['what is no id', () => ['x']],
  ])('with %s is refused', async (_, ids) => {
    const { status, body } = await scim.call('POST', '/Groups', newGroup('x', ids()));
    expect([status, body.scimType]).toEqual([400, 'invalidValue']);
  });

  test('is one of a hundred at most that a user is in, also while he is inactive', async () => {
    const { scim: fresh, projectId: id } = await newProject();
    const user = await fresh.user(newName('everywhere'), { active: false });
    await server.database.query(
      `WITH made AS (INSERT INTO scim_group (id, project_id, display_name, created_at, updated_at)
         SELECT gen_random_uuid(), $1, 'G', now(), now() FROM generate_series(1, 100) RETURNING id)
       INSERT INTO scim_group_member (group_id, user_id) SELECT id, $2 FROM made`,
      [id, user.id],
    );
    const { status, body } = await fresh.call('POST', '/Groups', newGroup('One more', [user.id]));
    expect([status, body.scimType]).toEqual([400, 'tooMany']);
    expect((await fresh.done('GET', '/Groups?count=0')).totalResults).toBe(100);
  });

  test('with a group as member is refused', async () => {
    const { id } = await scim.group('Inner');
    const members = [{ value: id, type: 'Group' }];
    const { status } = await scim.call('POST', '/Groups', { ...newGroup('Outer'), members });
    expect(status).toBe(400);
  });
});

const GROUP_EXTENSION = 'urn:signet:params:scim:schemas:extension:2.0:Group';

describe('lists', () => {
  let listed: ScimDirectory;
  let users: ScimResource[];
  let groups: ScimResource[];
  beforeAll(async () => {
    ({ scim: listed } = await newProject());
    const made: ScimResource[] = [];
    for (const [i, name] of ['Ada', 'bea', 'Cleo', 'dora', 'Élodie', 'ada-two'].entries()) {
      made.push(
        await listed.user(`${newName('list')}-${String(i)}`, {
          externalId: i % 2 === 0 ? `E${String(i)}` : undefined,
          displayName: name,
          name: i > 2 ? { givenName: name, familyName: 'Lind' } : undefined,
          emails: i % 3 === 0 ? undefined : [{ value: `${String(i)}@Example.com` }],
          active: i !== 4,
        }),
      );
    }
    const ids = made.map(({ id }) => id);
    await listed.group('Alpha', ids.slice(0, 3));
    await listed.group('beta', ids.slice(2));
    await listed.group('Gamma');
    users = (await listed.done('GET', '/Users')).Resources as ScimResource[];
    groups = (await listed.done('GET', '/Groups')).Resources as ScimResource[];
  });

  test('are cut into pages that hold everybody once', async () => {
    expect(users).toHaveLength(6);
    const seen: string[] = [];
    for (const startIndex of [1, 3, 5, 7]) {
      const page = await listed.done('GET', `/Users?startIndex=${String(startIndex)}&count=2`);
      expect(page).toMatchObject({
        totalResults: 6,
        startIndex,
        itemsPerPage: startIndex < 7 ? 2 : 0,
      });
      seen.push(...page.Resources.map(({ id }: any) => id as string));
    }
    expect(seen).toEqual(users.map(({ id }) => id));
    const none = await listed.done('GET', '/Users?count=0');
    expect([none.totalResults, none.Resources]).toEqual([6, []]);
    expect((await listed.done('GET', '/Users?startIndex=-3&count=-1')).itemsPerPage).toBe(0);
    expect((await listed.call('GET', '/Users?count=many')).status).toBe(400);
  });

  test('hold what was asked for', async () => {
    const few = await listed.done('GET', '/Users?attributes=userName,name.givenName&count=6');
    for (const one of few.Resources) {
      expect(['schemas', 'id', 'userName', 'name']).toEqual(
        expect.arrayContaining(Object.keys(one)),
      );
      expect(Object.keys(one.name ?? {})).not.toContain('familyName');
    }
    const without = await listed.done('GET', '/Groups?excludedAttributes=members');
    expect(without.Resources.map((one: any) => one.members)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const both = await listed.call('GET', '/Users?attributes=id&excludedAttributes=name');
    expect(both.status).toBe(400);
  });

  test('are asked for by POST as well', async () => {
    const search = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter: 'displayName sw "ada"',
      attributes: ['displayName'],
      count: 10,
    };
    const { status, body } = await listed.call('POST', '/Users/.search', search);
    expect([status, body.totalResults]).toEqual([200, 2]);
    expect((await listed.call('POST', '/Users/.search', { filter: 'a pr' })).status).toBe(400);
    expect((await listed.call('POST', '/Users/.search', { ...search, filter: 5 })).status).toBe(
      400,
    );
    expect((await listed.call('GET', '/Users?filter=id%20pr&filter=id%20pr')).status).toBe(400);
  });

  test.each([
    ['Users', 'userName eq', 'no value'],
    ['Users', 'title pr', 'an attribute that there is not'],
    ['Users', 'meta.version eq "x"', 'what is not stored'],
    ['Groups', 'userName pr', 'an attribute of users'],
  ])('of %s by %s are refused: %s', async (type, filter) => {
    const query = new URLSearchParams({ filter }).toString();
    const { status, body } = await listed.call('GET', `/${type}?${query}`);
    expect([status, body.scimType]).toEqual([400, 'invalidFilter']);
  });

  test('hold by the database what they hold by the resources themselves', async () => {
    const run = async (
      type: 'Users' | 'Groups',
      resources: ScimResource[],
      filter: Filter,
    ): Promise<void> => {
      const text = printFilter(filter);
      const condition = readCondition(parseFilter(text), type === 'Users' ? USER : GROUP);
      const expected = resources.filter((one) => matches(condition, one)).map(({ id }) => id);
      const found = (await listed.found(text, type)).map(({ id }) => id);
      expect([text, found]).toEqual([text, expected]);
    };
    await fc.assert(
      fc.asyncProperty(filtersOver(users, USER_PATHS), (filter) => run('Users', users, filter)),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(filtersOver(groups, GROUP_PATHS), (filter) => run('Groups', groups, filter)),
      { numRuns: 75 },
    );
  });
});

type Path = readonly [name: string, sub: string | null, kind: 'text' | 'boolean' | 'dateTime'];
const USER_PATHS: readonly Path[] = [
  ['id', null, 'text'],
  ['externalId', null, 'text'],
  ['userName', null, 'text'],
  ['displayName', null, 'text'],
  ['name', 'givenName', 'text'],
  ['name', 'familyName', 'text'],
  ['emails', null, 'text'],
  ['emails', 'value', 'text'],
  ['emails', 'type', 'text'],
  ['emails', 'primary', 'boolean'],
  ['groups', null, 'text'],
  ['groups', 'display', 'text'],
  ['active', null, 'boolean'],
  ['meta', 'created', 'dateTime'],
  ['meta', 'lastModified', 'dateTime'],
];
const GROUP_PATHS: readonly Path[] = [
  ['id', null, 'text'],
  ['displayName', null, 'text'],
  ['externalId', null, 'text'],
  ['members', null, 'text'],
  ['members', 'display', 'text'],
  ['members', 'type', 'text'],
  ['meta', 'lastModified', 'dateTime'],
];

/** Filters whose values are those of the resources, and near to them. */
function filtersOver(resources: ScimResource[], paths: readonly Path[]): fc.Arbitrary<Filter> {
  const valuesOf = ([name, sub]: Path): unknown[] =>
    resources.flatMap((one) =>
      [one[name]].flat().map((part) => (sub === null ? (part?.value ?? part) : part?.[sub])),
    );
  const comparison = (path: Path): fc.Arbitrary<Filter> => {
    const [name, sub, kind] = path;
    const known = valuesOf(path).filter((value): value is string => typeof value === 'string');
    const text = fc
      .constantFrom(...known, 'lind', 'ADA', 'é', '@', '')
      .chain((value) =>
        fc.constantFrom(value, value.slice(1), value.slice(0, 3), value.toUpperCase()),
      );
    const value = {
      text,
      boolean: fc.boolean(),
      dateTime: fc.constantFrom(...known, '2020-01-01T00:00:00Z'),
    }[kind];
    const operators = {
      text: ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'],
      boolean: ['eq', 'ne'],
      dateTime: ['eq', 'ne', 'gt', 'ge', 'lt', 'le'],
    } as const;
    const attribute = { uri: null, name, sub };
    return fc.oneof(
      { weight: 1, arbitrary: fc.constant({ op: 'pr' as const, path: attribute }) },
      {
        weight: 1,
        arbitrary: fc.record({
          op: fc.constant('compare' as const),
          compare: fc.constantFrom('eq' as const, 'ne' as const),
          path: fc.constant(attribute),
          value: fc.constant(null),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          op: fc.constant('compare' as const),
          compare: fc.constantFrom(...operators[kind]),
          path: fc.constant(attribute),
          value: value as fc.Arbitrary<string | boolean>,
        }),
      },
    );
  };
  const simple = fc.constantFrom(...paths).chain(comparison);
  const many = paths.filter(
    ([name, sub]) => sub !== null && ['emails', 'groups', 'members'].includes(name),
  );
  const within = fc.constantFrom(...many).chain(([name]) => {
    const parts = many.filter(([other]) => other === name);
    const inner = fc
      .constantFrom(...parts)
      .chain(comparison)
      .map(asPart);
    return fc.record({
      op: fc.constant('has' as const),
      path: fc.constant({ uri: null, name, sub: null }),
      filter: fc.oneof(
        inner,
        fc.record({
          op: fc.constantFrom('and' as const, 'or' as const),
          left: inner,
          right: inner,
        }),
      ),
    });
  });
  const leaf: fc.Arbitrary<Filter> = fc.oneof(simple, within);
  const negated = fc.record({ op: fc.constant('not' as const), filter: leaf });
  const joined = fc.record({
    op: fc.constantFrom('and' as const, 'or' as const),
    left: fc.oneof(leaf, negated),
    right: fc.oneof(leaf, negated),
  });
  return fc.oneof(
    leaf,
    negated,
    joined,
    fc.record({ op: fc.constant('not' as const), filter: joined }),
  );
}

/** `emails.type` as it stands in brackets behind `emails`. */
function asPart(filter: Filter): Filter {
  if (!('path' in filter) || filter.op === 'has') return filter;
  return { ...filter, path: { uri: null, name: filter.path.sub ?? 'value', sub: null } };
}

describe('many at once', () => {
  test('are done one by one, with what refers to them after them', async () => {
    const { scim: fresh } = await newProject();
    const { status, body } = await fresh.call('POST', '/Bulk', {
      schemas: [BULK],
      Operations: [
        {
          method: 'POST',
          path: '/Groups',
          bulkId: 'ytrewq',
          data: newGroup('Tour Guides', ['bulkId:qwerty']),
        },
        { method: 'POST', path: '/Users', bulkId: 'qwerty', data: newUser(newName('alice')) },
        {
          method: 'PATCH',
          path: '/Users/bulkId:qwerty',
          data: {
            schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
            Operations: [{ op: 'add', path: 'displayName', value: 'Alice' }],
          },
        },
        { method: 'POST', path: '/Users', bulkId: 'bad', data: newUser('two words') },
        { method: 'DELETE', path: `/Users/${NOBODY}` },
        { method: 'POST', path: '/Groups', bulkId: 'lost', data: newGroup('x', ['bulkId:bad']) },
        { method: 'GET', path: '/Users' },
      ].slice(0, 6),
    });
    expect(status).toBe(200);
    expect(body.Operations.map((one: any) => [one.method, one.status])).toEqual([
      ['POST', '201'],
      ['POST', '201'],
      ['PATCH', '200'],
      ['POST', '400'],
      ['DELETE', '404'],
      ['POST', '409'],
    ]);
    expect(body.Operations[3].response.scimType).toBe('invalidValue');
    const found = await fresh.found('displayName eq "tour guides"', 'Groups');
    const members = found.flatMap((group) => group['members'] as ScimResource[]);
    expect(members.map(({ display }: any) => display)).toEqual(['Alice']);
    expect(body.Operations[1].location).toBe(
      `${fresh.base}/Users/${String(members[0]?.['value'])}`,
    );
  });

  test('end where too much has gone wrong', async () => {
    const operations = Array.from({ length: 4 }, () => ({
      method: 'DELETE',
      path: `/Users/${NOBODY}`,
    }));
    const body = { schemas: [BULK], failOnErrors: 2, Operations: operations };
    expect((await scim.done('POST', '/Bulk', body)).Operations).toHaveLength(2);
  });

  test.each([
    ['no list', { schemas: [BULK] }, 400],
    ['another method', { schemas: [BULK], Operations: [{ method: 'GET', path: '/Users' }] }, 400],
    [
      'nothing to name it by',
      { schemas: [BULK], Operations: [{ method: 'POST', path: '/Users' }] },
      400,
    ],
    [
      'more than are taken',
      { schemas: [BULK], Operations: Array.from({ length: 1001 }, () => ({})) },
      413,
    ],
  ])('with %s are refused', async (_, body, status) => {
    expect((await scim.call('POST', '/Bulk', body)).status).toBe(status);
  });
});

describe('whoever asks', () => {
  test('learns what is offered', async () => {
    const config = await scim.done('GET', '/ServiceProviderConfig');
    expect(config).toMatchObject({
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000 },
      filter: { supported: true, maxResults: 200 },
      etag: { supported: true },
      sort: { supported: false },
    });
    const types = await scim.done('GET', '/ResourceTypes');
    expect(types.Resources.map(({ endpoint }: any) => endpoint)).toEqual(['/Users', '/Groups']);
    const schemas = await scim.done('GET', '/Schemas');
    expect(schemas.Resources.map(({ id }: any) => id)).toEqual([
      USER_URN,
      GROUP_URN,
      GROUP_EXTENSION,
    ]);
    expect((await scim.done('GET', `/Schemas/${USER_URN}`)).name).toBe('User');
    expect((await scim.done('GET', '/ResourceTypes/Group')).schema).toBe(GROUP_URN);
    expect((await scim.call('GET', '/Schemas/urn:x')).status).toBe(404);
    expect((await scim.call('GET', '/Schemas?filter=name%20pr')).status).toBe(403);
  });

  test('without a token, with one of nobody, or with a session, is refused', async () => {
    const without = await directoryOf(projectId, null).call('GET', '/Users');
    expect([without.status, without.body.status]).toEqual([401, '401']);
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="scim"');
    expect((await directoryOf(projectId, 'nonsense').call('GET', '/Users')).status).toBe(401);
    expect((await directoryOf(projectId, admin).call('GET', '/Users')).status).toBe(403);
    const cookie = { cookie: `signet=${admin}` };
    expect(
      (await directoryOf(projectId, null).call('GET', '/Users', undefined, cookie)).status,
    ).toBe(401);
  });

  test('may read with users:read, and change nothing; with another scope neither', async () => {
    const reader = await createClient(server, admin, { scopes: ['users:read'] });
    const reading = directoryOf(projectId, await accessToken(server, reader));
    expect((await reading.call('GET', '/Users?count=1')).status).toBe(200);
    const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] };
    expect((await reading.call('POST', '/Users/.search', search)).status).toBe(200);
    expect((await reading.call('POST', '/Users', newUser('x'))).status).toBe(403);
    expect((await reading.call('POST', '/Bulk', { schemas: [BULK], Operations: [] })).status).toBe(
      403,
    );
    const other = await createClient(server, admin, { scopes: ['enrolment:read'] });
    expect(
      (await directoryOf(projectId, await accessToken(server, other)).call('GET', '/Users')).status,
    ).toBe(403);
  });

  test('finds no project that is out of reach, and none that is no project', async () => {
    const limited = await createClient(server, admin, {
      scopes: ['users:read'],
      projectIds: [projectId],
    });
    const reading = await accessToken(server, limited);
    const { projectId: other } = await newProject();
    expect((await directoryOf(projectId, reading).call('GET', '/Users?count=0')).status).toBe(200);
    for (const id of [other, NOBODY, 'x']) {
      for (const path of ['/Users', '/Groups', '/Schemas', `/Users/${NOBODY}`]) {
        expect((await directoryOf(id, reading).call('GET', path)).status).toBe(404);
      }
    }
  });

  test.each([
    ['no JSON', '{"schemas":', {}, 400],
    ['another type', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['too much', JSON.stringify({ a: 'x'.repeat(1_100_000) }), {}, 413],
    ['no object', '[]', {}, 400],
    ['no schema', '{}', {}, 400],
  ])('and sends %s is told so in SCIM’s form', async (_, body, headers, status) => {
    const answer = await scim.call('POST', '/Users', body, headers);
    expect(answer.status).toBe(status);
    expect(answer.body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error']);
  });

  test.each([
    ['DELETE', '/Users', 405],
    ['POST', `/Users/${NOBODY}`, 405],
    ['GET', '/Bulk', 405],
    ['GET', '/Me', 501],
    ['POST', '/.search', 501],
    ['GET', '/Devices', 404],
    ['GET', `/Users/${NOBODY}/emails`, 404],
    ['GET', '/constructor', 404],
  ])('%s %s is answered with %d', async (method, path, status) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : { schemas: [] };
    expect((await scim.call(method, path, body)).status).toBe(status);
  });

  test('leaves entries in the audit log, of what was done and of what was refused', async () => {
    const { id } = await scim.user(newName('audited'));
    const group = await scim.group('Audited', [id]);
    await scim.call('DELETE', `/Users/${NOBODY}`);
    const { auditEntries } = await ask(
      '{ auditEntries(first: 20) { nodes { action target outcome detail actor } } }',
    );
    const seen = auditEntries.nodes.map(
      ({ action, outcome }: any) => `${String(action)} ${String(outcome)}`,
    );
    expect(seen).toEqual(
      expect.arrayContaining([
        'user.create SUCCESS',
        'member.add SUCCESS',
        'scim-group.create SUCCESS',
        'user.update SUCCESS',
        'scim/DELETE REFUSED',
      ]),
    );
    const entry = auditEntries.nodes.find(({ action }: any) => action === 'scim-group.create');
    expect(entry).toMatchObject({
      target: `scim-group:${group.id}`,
      detail: `project:${projectId}`,
      actor: expect.stringMatching(/^client:/),
    });
  });
});
