import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const EXPLAIN = `query ($resource: String!, $userId: ID, $clientId: ID, $evidence: [EvidenceInput!], $address: String) {
  explainAccess(resource: $resource, userId: $userId, clientId: $clientId, evidence: $evidence, address: $address) {
    note decision { resource outcome missing { anyOf { method reason option { label } } } }
    verdicts { rule { name } resource matched satisfied because } } }`;

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

function ask(variables: Record<string, unknown>, token = cast.admin): Promise<GraphqlAnswer<any>> {
  return server.graphql(EXPLAIN, variables, { token });
}
async function explained(variables: Record<string, unknown>): Promise<any> {
  const { data, errors } = await ask(variables);
  expect(errors).toEqual([]);
  return data.explainAccess;
}
const GET = { resource: '/mobile-id/get' };

describe('explainAccess', () => {
  test('tells of a user what he lacks, how he could give it, and the part of each rule', async () => {
    const evidence = [{ method: 'PASSWORD' }, { method: 'TOTP', ageSeconds: 601 }];
    const found = await explained({ ...GET, userId: cast.alva.id, evidence });
    expect(found.note).toBeNull();
    expect(found.decision).toMatchObject({ ...GET, outcome: 'STEP_UP_REQUIRED' });
    const [clause] = found.decision.missing;
    expect(clause.anyOf).toEqual(
      expect.arrayContaining([
        { method: 'TOTP', reason: 'STALE', option: null },
        { method: 'EMAIL_CODE', reason: 'ABSENT', option: { label: expect.any(String) } },
      ]),
    );
    expect(found.verdicts).toEqual([
      {
        rule: { name: 'Users and their mobile IDs' },
        resource: '/mobile-id',
        matched: true,
        satisfied: true,
        because: 'It matches, and all that it asks for is proven.',
      },
      {
        rule: { name: 'Getting a mobile ID' },
        resource: '/mobile-id/get',
        matched: true,
        satisfied: false,
        because: expect.stringContaining('TOTP at most 10 minutes old (given too long ago)'),
      },
    ]);
  });

  test('says the same as the server does once the user has given that evidence', async () => {
    for (const resource of ['/mobile-id/get', '/operator/users', '/admin/audit', '/sign-in']) {
      for (const [person, given] of [
        [cast.alva, ['PASSWORD']],
        [cast.alva, ['PASSWORD', 'EMAIL_CODE']],
        [cast.operator, ['PASSWORD', 'EMAIL_CODE']],
      ] as const) {
        const evidence = given.map((method) => ({ method }));
        const { decision } = await explained({ resource, userId: person.id, evidence });
        const { data } = await server.graphql(
          'query ($resource: String!) { resourceAccess(resource: $resource) { outcome missing { anyOf { method reason option { label } } } } }',
          { resource },
          { token: await sessionOf(server, person.id, given) },
        );
        expect(data.resourceAccess).toEqual({
          outcome: decision.outcome,
          missing: decision.missing,
        });
      }
    }
  });

  test('speaks of who is not signed in where no user is named', async () => {
    const { decision, verdicts } = await explained(GET);
    expect(decision).toEqual({ ...GET, outcome: 'SIGN_IN_REQUIRED', missing: [] });
    expect(verdicts[0].because).toBe(
      'It is about signed-in users, not about people who are not signed in.',
    );
  });

  test('goes by the stated address, and by the own one where none is stated', async () => {
    const { data } = await server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      {
        input: {
          name: 'Not from here',
          effect: 'DENY',
          resources: ['/mobile-id/get'],
          when: { networks: ['2001:db8::/32'] },
          require: [],
        },
      },
      { token: cast.admin },
    );
    const evidence = [{ method: 'PASSWORD' }, { method: 'EMAIL_CODE' }];
    const from = async (address?: string): Promise<string> =>
      (await explained({ ...GET, userId: cast.alva.id, evidence, address })).decision.outcome;
    expect(await from('2001:db8::7')).toBe('FORBIDDEN');
    expect(await from('192.0.2.7')).toBe('ALLOWED');
    expect(await from()).toBe('ALLOWED');
    await server.graphql(
      'mutation ($id: ID!) { deleteAccessRule(id: $id) }',
      { id: data.createAccessRule.id },
      { token: cast.admin },
    );
  });

  test('answers for a path that guards nothing', async () => {
    const { decision } = await explained({ resource: '/elsewhere', userId: cast.alva.id });
    expect(decision).toEqual({ resource: '/elsewhere', outcome: 'FORBIDDEN', missing: [] });
  });

  test('notes that a user is not active, whatever the rules say', async () => {
    const { id } = await createPerson(server, cast.admin, newName('u'));
    await server.graphql(
      'mutation ($id: ID!) { deactivateUser(id: $id) { id } }',
      { id },
      { token: cast.admin },
    );
    const evidence = [{ method: 'PASSWORD' }];
    const found = await explained({ resource: '/mobile-id', userId: id, evidence });
    expect(found.decision).toMatchObject({ outcome: 'FORBIDDEN', missing: [] });
    expect(found.note).toContain('INACTIVE');
    expect(found.verdicts[0]).toMatchObject({ matched: true, satisfied: true });
    const open = await explained({ resource: '/sign-in', userId: id });
    expect(open).toMatchObject({ note: null, decision: { outcome: 'ALLOWED' } });
  });

  test.each([
    ['a user who does not exist', { userId: NOBODY }],
    ['a user id that is none', { userId: 'nobody' }],
    ['an API client that does not exist', { clientId: NOBODY }],
    ['an API client id that is none', { clientId: '' }],
  ])('does not find %s', async (_, who) => {
    expect(codeOf(await ask({ ...GET, ...who }))).toBe('NOT_FOUND');
  });

  test.each<[string, Record<string, unknown>]>([
    ['clientId', { userId: NOBODY, clientId: NOBODY }],
    ['address', { address: '10.0.0.0/8' }],
    ['address', { address: '' }],
    ['resource', { resource: 'mobile-id' }],
    ['resource', { resource: '/Mobile-ID' }],
    ['evidence', { evidence: [{ method: 'PASSWORD' }] }],
    ['evidence', { clientId: NOBODY, evidence: [{ method: 'PASSWORD' }] }],
    ['evidence', { userId: NOBODY, evidence: Array(51).fill({ method: 'PASSWORD' }) }],
    [
      'evidence.1.ageSeconds',
      { userId: NOBODY, evidence: [{ method: 'TOTP' }, { method: 'TOTP', ageSeconds: -1 }] },
    ],
  ])('refuses a bad %s', async (field, change) => {
    const answer = await ask({ ...GET, ...change });
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toEqual([
      { field, message: expect.any(String) },
    ]);
  });
});

describe('the resources', () => {
  const TREE = '{ resources { path description guards rules { name } inheritedRules { name } } }';

  test('are a tree in the order of paths, each with its own rules and those it inherits', async () => {
    const { data, errors } = await server.graphql(TREE, {}, { token: cast.admin });
    expect(errors).toEqual([]);
    const tree = data.resources as { path: string; guards: string[] }[];
    const paths = tree.map(({ path }) => path);
    expect(paths).toEqual([...paths].sort());
    for (const path of paths) {
      const above = path.slice(0, path.lastIndexOf('/')) || '/';
      expect(paths).toContain(above);
    }
    expect(tree.find(({ path }) => path === '/operator')).toMatchObject({
      guards: [],
      rules: [{ name: 'Operators' }],
      inheritedRules: [],
    });
    expect(tree.find(({ path }) => path === '/mobile-id/get')).toEqual({
      path: '/mobile-id/get',
      description: "Ordering a mobile ID for oneself, and taking back the suspension of one's own.",
      guards: ['Mutation.reactivateMyProfile', 'Mutation.startEnrolment'],
      rules: [{ name: 'Getting a mobile ID' }],
      inheritedRules: [{ name: 'Users and their mobile IDs' }],
    });
  });

  test('that stand open inherit nothing', async () => {
    const { data } = await server.graphql(TREE, {}, { token: cast.admin });
    const found = data.resources.find(({ path }: { path: string }) => path === '/sign-in');
    expect(found).toMatchObject({ rules: [], inheritedRules: [] });
    expect(found.guards).toContain('Mutation.signInWithPassword');
  });
});
