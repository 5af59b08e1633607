import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { rowsOf } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const OPERATIONS = {
  createUser: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
  updateUser:
    'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id } }',
  createProject: 'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }',
  updateProjectSettings: `mutation ($id: ID!, $settings: ProvisioningSettingsInput!) {
    updateProjectSettings(id: $id, settings: $settings) { id } }`,
  createAccessRule:
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
  users:
    'query ($first: Int, $after: String, $search: String) { users(first: $first, after: $after, search: $search) { totalCount } }',
  user: 'query ($id: ID, $externalId: String) { user(id: $id, externalId: $externalId) { id } }',
  resourceAccess: 'query ($resource: String!) { resourceAccess(resource: $resource) { outcome } }',
} as const;
type Operation = keyof typeof OPERATIONS;

const user = { username: 'dora', displayName: 'Dora' };
const rule = { name: 'Rule', resources: ['/mobile-id'], require: [] };
const settings = (value: Record<string, unknown>) => ({ input: { name: 'P', settings: value } });

test.each<[Operation, Record<string, unknown>, field: string]>([
  ['createUser', { input: { ...user, username: '' } }, 'input.username'],
  ['createUser', { input: { ...user, username: 'two words' } }, 'input.username'],
  ['createUser', { input: { ...user, username: 'x'.repeat(65) } }, 'input.username'],
  ['createUser', { input: { ...user, displayName: ' ' } }, 'input.displayName'],
  ['createUser', { input: { ...user, displayName: 'x'.repeat(201) } }, 'input.displayName'],
  ['createUser', { input: { ...user, email: 'no address' } }, 'input.email'],
  ['createUser', { input: { ...user, email: 'a@b\r\nBcc: c@d' } }, 'input.email'],
  ['createUser', { input: { ...user, phone: '044 123' } }, 'input.phone'],
  ['createUser', { input: { ...user, password: 'short' } }, 'input.password'],
  ['createUser', { input: { ...user, password: 'x'.repeat(257) } }, 'input.password'],
  ['createUser', { input: { ...user, externalId: '' } }, 'input.externalId'],
  ['createUser', { input: { ...user, groups: [''] } }, 'input.groups'],
  ['createUser', { input: { ...user, state: 'LOCKED' } }, 'input.state'],
  ['createUser', { input: { ...user, state: 'GONE' } }, 'input.state'],
  ['createUser', { input: { displayName: 'Dora' } }, 'input.username'],
  ['createUser', { input: { ...user, roles: ['ADMIN'] } }, 'input.roles'],
  ['updateUser', { input: { displayName: null } }, 'input.displayName'],
  ['updateUser', { input: { email: '@' } }, 'input.email'],
  [
    'updateUser',
    { input: { groups: Array.from({ length: 101 }, (_, i) => `g${String(i)}`) } },
    'input.groups',
  ],
  ['createProject', { input: { name: '' } }, 'input.name'],
  ['createProject', { input: { name: 'x'.repeat(101) } }, 'input.name'],
  ['createProject', settings({ validityDays: 0 }), 'input.settings.validityDays'],
  ['createProject', settings({ validityDays: 3651 }), 'input.settings.validityDays'],
  ['createProject', settings({ codeTtlSeconds: 29 }), 'input.settings.codeTtlSeconds'],
  ['createProject', settings({ maxProfilesPerUser: 101 }), 'input.settings.maxProfilesPerUser'],
  ['createProject', settings({ serverName: null }), 'input.settings.serverName'],
  ['createProject', settings({ channels: [] }), 'input.settings.channels'],
  [
    'createProject',
    settings({ profileNameTemplate: '{secret}' }),
    'input.settings.profileNameTemplate',
  ],
  ['createProject', settings({ emailSubject: 'a\nb' }), 'input.settings.emailSubject'],
  ['createProject', settings({ emailSubject: '{link}' }), 'input.settings.emailSubject'],
  [
    'createProject',
    settings({ defaultCertificates: ['SIGNATURE', 'SIGNATURE'] }),
    'input.settings.defaultCertificates',
  ],
  [
    'createProject',
    settings({ recoverEncryptionCertificates: true }),
    'input.settings.recoverEncryptionCertificates',
  ],
  [
    'updateProjectSettings',
    { settings: { enrolmentTtlSeconds: 59 } },
    'settings.enrolmentTtlSeconds',
  ],
  [
    'updateProjectSettings',
    { settings: { expiryReminderDays: [7, 7] } },
    'settings.expiryReminderDays',
  ],
  [
    'updateProjectSettings',
    { settings: { instructions: 'x'.repeat(2001) } },
    'settings.instructions',
  ],
  ['createAccessRule', { input: { ...rule, resources: ['x'] } }, 'input.resources.0'],
  ['createAccessRule', { input: { ...rule, resources: ['/elsewhere'] } }, 'input.resources.0'],
  [
    'createAccessRule',
    { input: { ...rule, when: { networks: ['1.2.3'] } } },
    'input.when.networks.0',
  ],
  ['createAccessRule', { input: { ...rule, require: [{ anyOf: [] }] } }, 'input.require.0.anyOf'],
  ['users', { first: 0 }, 'first'],
  ['users', { first: 101 }, 'first'],
  ['users', { after: 'x' }, 'after'],
  ['users', { search: 'x'.repeat(201) }, 'search'],
  ['user', {}, 'id'],
  ['user', { id: 'a', externalId: 'b' }, 'id'],
  ['resourceAccess', { resource: 'no path' }, 'resource'],
])('%s %j is INVALID_INPUT at its path, and changes nothing', async (name, variables, field) => {
  const target = name === 'updateUser' ? cast.alva.id : cast.projectId;
  const before = await rowsOf(server.database);
  const answer = await server.graphql(
    OPERATIONS[name],
    name.startsWith('update') ? { id: target, ...variables } : variables,
    { token: cast.admin },
  );
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field }]);
  expect(await rowsOf(server.database)).toEqual(before);
});

test.each<[Operation, (taken: string) => Record<string, unknown>, field: string]>([
  [
    'createUser',
    (taken) => ({ input: { ...user, username: taken.toUpperCase() } }),
    'input.username',
  ],
  [
    'createUser',
    (taken) => ({ input: { ...user, username: newName('u'), externalId: taken } }),
    'input.externalId',
  ],
  ['createProject', (taken) => ({ input: { name: ` ${taken} ` } }), 'input.name'],
])(
  '%s with what is taken is a CONFLICT at its path, and changes nothing',
  async (name, inputOf, field) => {
    const taken = newName('taken');
    const call = (variables: Record<string, unknown>) =>
      server.graphql(OPERATIONS[name], variables, { token: cast.admin });
    const first =
      name === 'createProject'
        ? { input: { name: taken } }
        : { input: { ...user, username: taken, externalId: taken } };
    expect((await call(first)).errors).toEqual([]);
    const before = await rowsOf(server.database);
    const answer = await call(inputOf(taken));
    expect(codeOf(answer)).toBe('CONFLICT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field }]);
    expect(await rowsOf(server.database)).toEqual(before);
  },
);

test('several wrong fields are all named at once', async () => {
  const input = { username: '', displayName: '', email: 'x' };
  const answer = await server.graphql(OPERATIONS.createUser, { input }, { token: cast.admin });
  const fields = answer.errors[0]?.extensions['fields'] as { field: string }[];
  expect(fields.map(({ field }) => field).sort()).toEqual([
    'input.displayName',
    'input.email',
    'input.username',
  ]);
});
