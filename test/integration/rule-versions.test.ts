import { codeOf } from '../helpers/graphql';
import { gatherCast, type Cast } from '../helpers/cast';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const VERSIONS = 'versions { version at actor change rule { id name enabled updatedAt } }';
async function call(query: string, variables: Record<string, unknown> = {}): Promise<any> {
  const { data, errors } = await server.graphql(query, variables, { token: cast.admin });
  expect(errors).toEqual([]);
  return data;
}
async function newRule(name: string): Promise<string> {
  const input = { name, enabled: false, resources: ['/mobile-id'], require: [] };
  const query = 'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }';
  return (await call(query, { input })).createAccessRule.id as string;
}
const UPDATE = `mutation ($id: ID!, $input: UpdateAccessRuleInput!) {
  updateAccessRule(id: $id, input: $input) { id updatedAt ${VERSIONS} } }`;
const DELETE = 'mutation ($id: ID!) { deleteAccessRule(id: $id) }';

test('every state of a rule is kept, with who left it so and when', async () => {
  const id = await newRule('First');
  const { updateAccessRule } = await call(UPDATE, { id, input: { name: 'Second' } });
  expect(updateAccessRule.versions).toMatchObject([
    { version: 2, actor: 'user:admin', change: 'UPDATED', rule: { id, name: 'Second' } },
    { version: 1, actor: 'user:admin', change: 'CREATED', rule: { id, name: 'First' } },
  ]);
  expect(updateAccessRule.versions[0].at).toBe(updateAccessRule.updatedAt);
  expect(updateAccessRule.versions[1].rule.updatedAt).toBe(updateAccessRule.versions[1].at);
  const [row] = await server.database.query<{ actor_id: string }>(
    'SELECT actor_id FROM access_rule_version WHERE rule_id = $1 AND version = 2',
    [id],
  );
  expect(row?.actor_id).toBe(cast.adminId);
});

test('a history does not go round: within it, rules have none', async () => {
  const id = await newRule('Round');
  const { accessRules } = await call(
    '{ accessRules { id versions { rule { versions { version } } } } }',
  );
  const found = accessRules.find((rule: { id: string }) => rule.id === id);
  expect(found.versions).toEqual([{ rule: { versions: [] } }]);
});

test('what changes nothing leaves no trace', async () => {
  const id = await newRule('Same');
  const state = async () =>
    server.database.query(
      `SELECT p.version, r.updated_at, (SELECT count(*) FROM access_rule_version) AS versions,
              (SELECT count(*) FROM audit_entry WHERE action LIKE 'access-rule%') AS entries
       FROM access_policy p, access_rule r WHERE r.id = $1`,
      [id],
    );
  const before = await state();
  const same = { name: ' Same ', resources: ['/mobile-id'], when: null, enabled: false };
  for (const input of [{}, same]) {
    const { updateAccessRule } = await call(UPDATE, { id, input });
    expect(updateAccessRule.versions).toHaveLength(1);
  }
  expect(await state()).toEqual(before);
});

test('a deleted rule is found again, as it last was, the latest first', async () => {
  const [one, two] = [await newRule('One'), await newRule('Two')];
  await call(UPDATE, { id: two, input: { name: 'Two at last' } });
  await call(DELETE, { id: one });
  await call(DELETE, { id: two });
  const query = `query ($first: Int) { deletedAccessRules(first: $first) { change version rule { id name ${VERSIONS} } } }`;
  const { deletedAccessRules: found } = await call(query, { first: 2 });
  expect(found).toMatchObject([
    { change: 'DELETED', version: 3, rule: { id: two, name: 'Two at last' } },
    { change: 'DELETED', version: 2, rule: { id: one, name: 'One' } },
  ]);
  expect(found[0].rule.versions).toHaveLength(3);
  for (const first of [0, 101]) {
    const answer = await server.graphql(query, { first }, { token: cast.admin });
    expect(codeOf(answer)).toBe('INVALID_INPUT');
  }
});

test('the rules of a first start begin with version 1, by the server itself', async () => {
  const { accessRules } = await call(`{ accessRules { name ${VERSIONS} } }`);
  const operators = accessRules.find(({ name }: { name: string }) => name === 'Operators');
  expect(operators.versions).toMatchObject([
    { version: 1, actor: 'system:first-start', change: 'CREATED' },
  ]);
});

test('the versions of all rules are read by one statement', async () => {
  const { work, rules } = server.app.services;
  const request = await work.systemRequest('test', 'test');
  const texts: string[] = [];
  const read = work.read(request);
  const scope = {
    ...read,
    sql: ((name: string, ...rest: [string, readonly unknown[]]) => {
      texts.push(name);
      return read.sql(name, ...rest);
    }) as typeof read.sql,
  };
  const all = await rules.list(scope);
  const histories = await Promise.all(all.map(({ id }) => rules.history.ofRule(scope, id)));
  expect(histories.map(([last]) => last?.rule.name)).toEqual(all.map(({ name }) => name));
  expect(texts).toEqual(['access-rule-version.of-rules']);
});

test.each([
  'UPDATE access_rule_version SET actor = actor',
  'DELETE FROM access_rule_version',
  'TRUNCATE access_rule_version',
])('the database refuses %s', async (statement) => {
  await expect(server.database.query(statement)).rejects.toThrow('append-only');
});

test('a rule about what is gone by now can still be switched off, but not be made worse', async () => {
  const id = await newRule('Old');
  await server.database.query(`UPDATE access_rule SET resources = '{/gone}' WHERE id = $1`, [id]);
  await call(UPDATE, { id, input: { enabled: true } });
  await call(UPDATE, { id, input: { enabled: false } });
  const answer = await server.graphql(
    UPDATE,
    { id, input: { resources: ['/gone', '/gone-too'] } },
    { token: cast.admin },
  );
  expect(answer.errors[0]?.extensions['fields']).toEqual([
    { field: 'input.resources.1', message: expect.stringContaining('names no resource') },
  ]);
});
