import { createSchemaOnly } from '../../src/app';
import { resourceOf } from '../../src/edge/graphql/schema-rules';
import { API_SCOPES, type ApiScope } from '../../src/kernel/api-scopes';
import { isOpenResource } from '../../src/features/access/judge/resource-path';
import {
  accessToken,
  clientKey,
  createClient,
  tryCreateClient,
  type ClientWishes,
} from '../helpers/api-clients';
import { claimedOrder, order } from '../helpers/cast';
import { firstAnswer } from '../helpers/edge/edge-socket';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { addMember, removeMember } from '../helpers/members';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { enrol } from '../helpers/profiles';
import { forgetAttempts } from '../helpers/rows';
import { operationFor, rootFieldsOf, Stagehand, type RootField } from '../helpers/scenes';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { Watcher } from '../helpers/subscription';

/** What each scope opens: resources to read, and resources to change. */
const OPENS: Readonly<Record<ApiScope, { read: readonly string[]; change: readonly string[] }>> = {
  'enrolment:create': {
    read: [],
    change: ['/operator/mobile-id/supply', '/enrolments/cancel'],
  },
  'enrolment:read': {
    read: ['/operator/enrolments', '/enrolments/watch', '/operator/profiles'],
    change: [],
  },
  'users:read': { read: ['/operator/users'], change: [] },
  'users:write': { read: ['/operator/users'], change: ['/operator/users'] }, // a change answers with what it changed
  'members:write': { read: ['/operator/projects'], change: ['/operator/projects'] }, // likewise
  'projects:read': { read: ['/operator/projects'], change: [] },
  'assigned-ids:read': { read: ['/operator/assigned-ids'], change: [] },
  'assigned-ids:confirm': {
    read: ['/operator/assigned-ids'],
    change: ['/operator/assigned-ids'],
  },
};

let server: TestServer;
let stage: Stagehand;
const guarded = createSchemaOnly().then((schema) =>
  rootFieldsOf(schema).filter(({ field }) => !isOpenResource(resourceOf(field) ?? '/sign-in')),
);

beforeAll(async () => {
  server = await startTestServer();
  stage = await Stagehand.of(server);
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

async function tokenWith(wishes: ClientWishes): Promise<string> {
  return accessToken(server, await createClient(server, stage.cast.admin, wishes));
}

async function codeFor(root: RootField, args: object, token: string): Promise<string | undefined> {
  const query = operationFor(root, args as Record<string, unknown>);
  if (root.kind !== 'subscription') {
    const { errors } = await server.graphql(query, args as Record<string, unknown>, { token });
    return errors[0]?.extensions.code;
  }
  const params = { authorization: `Bearer ${token}` };
  const { code } = await firstAnswer(`${server.url}/graphql`, query, { variables: args, params });
  return code;
}

test.each(API_SCOPES)('%s opens what it should, and nothing else', async (scope) => {
  const token = await tokenWith({ scopes: [scope] });
  const opened: string[] = [];
  const expected: string[] = [];
  for (const root of await guarded) {
    const { name, field, kind } = root;
    const resource = resourceOf(field) ?? '';
    if (OPENS[scope][kind === 'mutation' ? 'change' : 'read'].includes(resource)) {
      expected.push(name);
    }
    const { args } = await stage.sceneFor(name);
    if ((await codeFor(root, args, token)) !== 'FORBIDDEN') opened.push(name);
  }
  expect(opened).toEqual(expected);
});

test('all scopes together open the administration to nobody', async () => {
  const token = await tokenWith({ scopes: API_SCOPES });
  for (const root of await guarded) {
    if (!resourceOf(root.field)?.startsWith('/admin')) continue;
    const { args } = await stage.sceneFor(root.name);
    expect([root.name, await codeFor(root, args, token)]).toEqual([root.name, 'FORBIDDEN']);
  }
});

test('a rule of an administrator’s own opens more, and a DENY closes it again', async () => {
  const { admin } = stage.cast;
  const token = await tokenWith({ scopes: ['assigned-ids:read'] });
  const ask = () => server.graphql('{ apiClients { id } }', {}, { token });
  const create = (input: object) =>
    server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      { input },
      { token: admin },
    );
  const rule = {
    name: newName('rule'),
    resources: ['/admin/api-clients'],
    when: { callers: ['API_CLIENT'], scopes: ['assigned-ids:read'] },
    require: [],
  };
  expect(codeOf(await ask())).toBe('FORBIDDEN');
  expect((await create(rule)).errors).toEqual([]);
  expect((await ask()).errors).toEqual([]);
  const change = 'mutation { createApiClient(name: "x", scopes: ["users:read"]) { clientSecret } }';
  expect(codeOf(await server.graphql(change, {}, { token }))).toBe('FORBIDDEN');
  const when = { callers: ['API_CLIENT'] };
  const denial = await create({
    ...rule,
    effect: 'DENY',
    when,
    resources: ['/admin'],
  });
  expect(denial.errors).toEqual([]);
  expect(codeOf(await ask())).toBe('FORBIDDEN');
});

describe('outside its projects', () => {
  let inside: string;
  let outside: string;
  let token: string;
  beforeAll(async () => {
    const { admin, projectId } = stage.cast;
    outside = projectId;
    inside = await createProject(server, admin, newName('inside'), { maxProfilesPerUser: 50 });
    const scopes = API_SCOPES.filter((scope) => scope !== 'users:write'); // knows no projects
    token = await tokenWith({ scopes, projectIds: [inside] });
  });
  const ask = (
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<GraphqlAnswer<any>> => server.graphql(query, variables, { token });
  const supply = (projectId: string | null) =>
    ask(
      `mutation ($userId: ID!, $projectId: ID) { startEnrolmentForUser(userId: $userId, input: { projectId: $projectId }) {
         enrolment { id project { id } } } }`,
      { userId: stage.cast.other.id, projectId },
    );

  test('a project is missing', async () => {
    const one = 'query ($id: ID!) { project(id: $id) { id } }';
    expect((await ask(one, { id: outside })).data.project).toBeNull();
    expect((await ask(one, { id: inside })).data.project.id).toBe(inside);
    const { data } = await ask('{ projects { totalCount nodes { id } } }');
    expect(data.projects).toEqual({ totalCount: 1, nodes: [{ id: inside }] });
  });

  test('a user is missing, also from lists, counts and searches, unless he is one of theirs', async () => {
    const { admin } = stage.cast;
    const [member, holder, stranger] = [
      await createPerson(server, admin, newName('member')),
      await createPerson(server, admin, newName('holder')),
      await createPerson(server, admin, newName('stranger')),
    ];
    await addMember(server, admin, { projectId: inside, userId: member.id, invite: false });
    await enrol(server, await sessionOf(server, holder.id), { projectId: inside });
    await addMember(server, admin, { projectId: outside, userId: stranger.id, invite: false });
    await server.database.query('UPDATE app_user SET external_id = id::text WHERE id = ANY($1)', [
      [member.id, stranger.id],
    ]);
    const one = 'query ($id: ID!) { user(id: $id) { id } }';
    const known = 'query ($id: String!) { user(externalId: $id) { id } }';
    for (const id of [member.id, holder.id])
      expect((await ask(one, { id })).data.user).toEqual({ id });
    expect((await ask(known, { id: member.id })).data.user).toEqual({ id: member.id });
    for (const query of [one, known]) {
      expect((await ask(query, { id: stranger.id })).data.user).toBeNull();
    }
    const list = 'query ($s: String) { users(first: 100, search: $s) { totalCount nodes { id } } }';
    const found = async (s: string): Promise<any> => (await ask(list, { s })).data.users;
    expect(await found(member.username)).toEqual({ totalCount: 1, nodes: [{ id: member.id }] });
    expect(await found(stranger.username)).toEqual({ totalCount: 0, nodes: [] });
    const all = await found('');
    expect(all.totalCount).toBe(all.nodes.length);
    expect(all.nodes.map(({ id }: any) => id)).not.toContain(stranger.id);
    await removeMember(server, admin, { projectId: inside, userId: member.id });
    expect((await ask(one, { id: member.id })).data.user).toBeNull();
  });

  test('nothing can be ordered', async () => {
    expect(codeOf(await supply(outside))).toBe('NOT_FOUND');
    expect((await supply(inside)).data.startEnrolmentForUser.enrolment.project.id).toBe(inside);
    expect((await supply(null)).data.startEnrolmentForUser.enrolment.project.id).toBe(inside);
  });

  test('an enrolment is missing, also from lists, counts and filters', async () => {
    const { id } = await order(server, stage.cast.alva.token, { projectId: outside });
    const own = (await supply(inside)).data.startEnrolmentForUser.enrolment.id as string;
    const one = 'query ($id: ID!) { enrolment(id: $id) { id } }';
    expect((await ask(one, { id })).data.enrolment).toBeNull();
    expect((await ask(one, { id: own })).data.enrolment.id).toBe(own);
    const list =
      'query ($p: ID) { enrolments(first: 100, projectId: $p) { totalCount nodes { project { id } } } }';
    const all = (await ask(list)).data.enrolments;
    expect(new Set(all.nodes.map((node: any) => node.project.id))).toEqual(new Set([inside]));
    expect(all.totalCount).toBe(all.nodes.length);
    expect((await ask(list, { p: outside })).data.enrolments).toEqual({ totalCount: 0, nodes: [] });
    const watcher = new Watcher(server.url, id, { token });
    await expect(watcher.ended).resolves.toEqual({ kind: 'error', code: 'NOT_FOUND' });
    await watcher.drop();
    const cancel = await ask('mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }', { id });
    expect(codeOf(cancel)).toBe('NOT_FOUND');
  });

  test('a mobile ID is missing', async () => {
    const id = stage.finished.profileId;
    const { data } = await ask('query ($id: ID!) { profile(id: $id) { id } }', { id });
    expect(data.profile).toBeNull();
    const list = await ask('query ($u: ID) { profiles(userId: $u) { totalCount nodes { id } } }', {
      u: stage.cast.alva.id,
    });
    expect(list.data.profiles).toEqual({ totalCount: 0, nodes: [] });
  });

  test('a mobile ID of a user is missing also where rules open User.profiles', async () => {
    const when = { callers: ['API_CLIENT'], scopes: ['users:read'] };
    const input = { name: newName('rule'), resources: ['/mobile-id'], when, require: [] };
    await server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      { input },
      { token: stage.cast.admin },
    );
    await addMember(server, stage.cast.admin, {
      ...{ projectId: inside, userId: stage.cast.alva.id, invite: false },
    });
    const query = 'query ($id: ID!) { user(id: $id) { profiles { id } } }';
    const { data, errors } = await ask(query, { id: stage.cast.alva.id });
    expect([errors, data.user.profiles]).toEqual([[], []]);
    const everywhere = await tokenWith({ scopes: API_SCOPES });
    const seen = await server.graphql(query, { id: stage.cast.alva.id }, { token: everywhere });
    expect(seen.data.user.profiles.length).toBeGreaterThan(0);
    for (const field of ['{ myProfiles { id } }', '{ mobileIdOffers { name } }']) {
      expect(codeOf(await ask(field))).toBe('UNAUTHENTICATED'); // it is nobody's user
    }
  });

  test('an order of its own is missing, too, once its projects are others', async () => {
    const client = await createClient(server, stage.cast.admin, {
      scopes: ['enrolment:create', 'enrolment:read'],
      projectIds: [inside],
    });
    token = await accessToken(server, client);
    const { id } = (await supply(inside)).data.startEnrolmentForUser.enrolment as { id: string };
    const watcher = new Watcher(server.url, id, { token });
    await watcher.until('WAITING_FOR_SCAN');
    await server.graphql(
      'mutation ($id: ID!, $p: [ID!]) { updateApiClient(id: $id, input: { projectIds: $p }) { id } }',
      { id: client.id, p: [outside] },
      { token: stage.cast.admin },
    );
    await expect(watcher.closed).resolves.toBe(4401);
    const one = 'query ($id: ID!) { enrolment(id: $id) { id } }';
    expect(codeOf(await ask(one, { id }))).toBe('UNAUTHENTICATED');
    token = await accessToken(server, client);
    expect((await ask(one, { id })).data.enrolment).toBeNull();
    const cancel = await ask('mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }', { id });
    expect(codeOf(cancel)).toBe('NOT_FOUND');
  });
});

test('a phone that the client has ordered for is approved by somebody else', async () => {
  const { admin, operator } = stage.cast;
  const when = { callers: ['API_CLIENT'], scopes: ['enrolment:create'] };
  const resources = ['/operator/mobile-id/approve'];
  await server.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    { input: { name: newName('rule'), resources, when, require: [] } },
    { token: admin },
  );
  const projectId = await createProject(server, admin, newName('approval'), {
    confirmation: 'APPROVAL',
  });
  const scopes = ['enrolment:create'];
  const token = await tokenWith({ scopes });
  const { data } = await server.graphql(
    `mutation ($userId: ID!, $p: ID!) { startEnrolmentForUser(userId: $userId, input: { projectId: $p }) {
       enrolment { id qr { uri } } } }`,
    { userId: stage.cast.other.id, p: projectId },
    { token },
  );
  const { id } = data.startEnrolmentForUser.enrolment as { id: string };
  const approve = (caller: string, enrolment: string) =>
    server.graphql(
      'mutation ($id: ID!) { approveDevice(id: $id, code: "000000") { id } }',
      { id: enrolment },
      { token: caller },
    );
  expect(codeOf(await approve(token, id))).toBe('FORBIDDEN');
  const elsewhere = await tokenWith({ scopes, projectIds: [stage.cast.projectId] });
  expect(codeOf(await approve(elsewhere, id))).toBe('NOT_FOUND');
  expect(codeOf(await approve(operator.token, id))).toBe('INVALID_TRANSITION');
  const { order: others } = await claimedOrder(server, stage.cast.alva.token, projectId);
  expect(codeOf(await approve(token, others.id))).toBe('CONFIRMATION_WRONG');
});

describe('an administrator', () => {
  type Refusal = readonly [field: string, wishes: Parameters<typeof tryCreateClient>[2]];
  const NOWHERE = '00000000-0000-4000-8000-000000000000';
  const REFUSALS: Readonly<Record<string, Refusal>> = {
    'an unknown scope': ['scopes.1', { scopes: ['users:read', 'users:delete'] }],
    'a scope in capitals': ['scopes.0', { scopes: ['USERS:READ'] }],
    'no scope': ['scopes', { scopes: [] }],
    'an unknown project': ['projectIds.0', { projectIds: [NOWHERE] }],
    'a project that is no id': ['projectIds.0', { projectIds: ['x'] }],
    'an empty name': ['name', { name: ' ' }],
    'a name that is too long': ['name', { name: 'x'.repeat(101) }],
    'a name with a line break': ['name', { name: 'a\nb' }],
    'keys that are none': ['jwks', { jwks: 'x' }],
    'a symmetric key': ['jwks.keys.0.k', { jwks: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }],
  };
  test.each(Object.entries(REFUSALS))(
    'is told which field %s stands in',
    async (_what, [field, wishes]) => {
      const answer = await tryCreateClient(server, stage.cast.admin, wishes);
      expect(codeOf(answer)).toBe('INVALID_INPUT');
      expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field }]);
    },
  );

  test.each(['name', 'scopes', 'enabled'])('cannot clear %s', async (field) => {
    const { id } = await createClient(server, stage.cast.admin);
    const answer = await server.graphql(
      'mutation ($id: ID!, $input: UpdateApiClientInput!) { updateApiClient(id: $id, input: $input) { id } }',
      { id, input: { [field]: null } },
      { token: stage.cast.admin },
    );
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: `input.${field}` }]);
  });

  test.each(['00000000-0000-4000-8000-000000000000', 'x', ''])('finds no client %j', async (id) => {
    for (const field of [
      'deleteApiClient(id: $id)',
      'rotateApiClientSecret(id: $id) { clientSecret }',
    ]) {
      const answer = await server.graphql(
        `mutation ($id: ID!) { ${field} }`,
        { id },
        { token: stage.cast.admin },
      );
      expect(codeOf(answer)).toBe('NOT_FOUND');
    }
  });

  test('who gives keys sees nothing of them kept but their public part', async () => {
    const { jwks } = clientKey();
    const { id } = await createClient(server, stage.cast.admin, { jwks });
    const [row] = await server.database.query<{ jwks: { keys: object[] } }>(
      'SELECT jwks FROM api_client WHERE id = $1',
      [id],
    );
    expect(row?.jwks).toEqual(JSON.parse(jwks));
  });
});
