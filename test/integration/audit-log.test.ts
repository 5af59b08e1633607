import { createSchemaOnly } from '../../src/app';
import { AUDITED, IN_TWO_STEPS, NOT_AUDITED, SIGNS_IN } from '../helpers/audited';
import { codeOf, type Caller, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { forgetAttempts, rowsOf, settled } from '../helpers/rows';
import { operationFor, rootFieldsOf, Stagehand, type RootField } from '../helpers/scenes';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { ShownCertificate } from '../helpers/certificates/shown-certificate';

type Actor = (typeof AUDITED)[string][0];

interface Entry {
  readonly actor: string;
  readonly action: string;
  readonly target: string | null;
  readonly outcome: string;
  readonly address: string | null;
  readonly detail: string | null;
}

let server: TestServer;
let stage: Stagehand;
const shown = new ShownCertificate();
const mutations = createSchemaOnly().then((schema) =>
  rootFieldsOf(schema).filter(({ kind }) => kind === 'mutation'),
);

beforeAll(async () => {
  server = await startTestServer({ environment: shown.environment });
  stage = await Stagehand.of(server);
});
beforeEach(() => forgetAttempts(server.database));
afterAll(async () => {
  await server.stop();
  shown.remove();
});

async function callerOf(actor: Actor): Promise<Caller> {
  const { cast } = stage;
  const ids = { alva: cast.alva.id, olga: cast.operator.id, admin: cast.adminId };
  return actor === 'nobody' ? {} : { token: await sessionOf(server, ids[actor]) };
}

async function prepare(
  root: RootField,
  caller: Caller,
): Promise<() => Promise<GraphqlAnswer<any>>> {
  const { name } = root.field;
  const { args } = await stage.sceneFor(name);
  const variables = { ...args, ...(await stage.ownArguments(name, caller.token)) };
  const withCertificate = { ...caller, headers: await certificateFor(name) };
  return () => server.graphql(operationFor(root, variables), variables, withCertificate);
}

/** Alva's to sign in with, or still nobody's to be registered. */
async function certificateFor(name: string): Promise<Readonly<Record<string, string>>> {
  if (!['signInWithClientCertificate', 'registerMyClientCertificate'].includes(name)) return {};
  await server.database.query('DELETE FROM client_certificate');
  if (name === 'signInWithClientCertificate') {
    const register = 'mutation { registerMyClientCertificate { id } }';
    const { token } = await callerOf('alva');
    const { errors } = await server.graphql(register, {}, { token, headers: shown.headers });
    expect(errors).toEqual([]);
  }
  return shown.headers;
}

async function mutationNamed(name: string): Promise<RootField> {
  const found = (await mutations).find((root) => root.name === name);
  if (found === undefined) throw new Error(`${name} is no mutation.`);
  return found;
}

function entriesOf({ headers }: GraphqlAnswer<unknown>): Promise<Entry[]> {
  return server.database.query<Entry>(
    'SELECT actor, action, target, outcome, address, detail FROM audit_entry WHERE request_id = $1 ORDER BY id',
    [headers.get('x-request-id')],
  );
}

test('every mutation of the schema is in the table', async () => {
  expect((await mutations).map(({ name }) => name).sort()).toEqual(
    [...Object.keys(AUDITED), ...NOT_AUDITED].sort(),
  );
});

test.each(Object.entries(AUDITED))('%s leaves its entry', async (name, audited) => {
  const [actor, action, outcome = 'SUCCESS'] = audited;
  const call = await prepare(await mutationNamed(name), await callerOf(actor));
  const answer = await call();
  expect(answer.errors).toEqual([]);
  const entries = await entriesOf(answer);
  expect(entries.at(-1)).toMatchObject({
    action,
    actor: actor === 'nobody' ? (SIGNS_IN[name] ?? 'anonymous') : `user:${actor}`,
    outcome,
    address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
    target: expect.stringMatching(/^[a-z-]+:[0-9a-f-]{36}$/),
  });
});

test.each(Object.keys(AUDITED).filter((name) => !IN_TWO_STEPS.has(name)))(
  '%s changes nothing where its entry cannot be written',
  async (name) => {
    const [actor] = AUDITED[name] ?? ['nobody'];
    const call = await prepare(await mutationNamed(name), await callerOf(actor));
    await settled(server.database);
    const before = await rowsOf(server.database);
    const sessions = await openSessions();
    const release = await refuseEntries();
    try {
      expect(codeOf(await call())).toBe('INTERNAL');
    } finally {
      await release();
    }
    expect(await rowsOf(server.database)).toEqual(before);
    expect(await openSessions()).toEqual(sessions);
  },
);

const GUARDED = Object.keys(AUDITED).filter(
  (name) => AUDITED[name]?.[0] !== 'nobody' && name !== 'Mutation.signOut',
);
test.each(GUARDED)('%s without the right to it leaves a refusal', async (name) => {
  const call = await prepare(await mutationNamed(name), {});
  const answer = await call();
  expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  expect(await entriesOf(answer)).toMatchObject([
    {
      actor: 'anonymous',
      outcome: 'REFUSED',
      detail: 'UNAUTHENTICATED',
      target: expect.stringMatching(/^resource:\//),
    },
  ]);
});

describe('a refusal', () => {
  const refusal = async (
    query: string,
    variables: Record<string, unknown>,
    caller: Caller = {},
  ): Promise<Entry | undefined> => {
    const answer = await server.graphql(query, variables, caller);
    expect(answer.errors).toHaveLength(1);
    const entries = await entriesOf(answer);
    expect(entries).toHaveLength(1);
    return entries[0];
  };

  test('for a wrong password tells neither password nor name', async () => {
    const password = newName('typed password');
    const entry = await refusal(
      `mutation ($username: String!, $password: String!) {
         signInWithPassword(username: $username, password: $password) { token } }`,
      { username: 'a password in the wrong field', password },
    );
    expect(entry).toEqual({
      actor: 'anonymous',
      action: 'signInWithPassword',
      target: 'resource:/sign-in',
      outcome: 'REFUSED',
      address: entry?.address,
      detail: 'INVALID_CREDENTIALS',
    });
  });

  test('for a code that is not known', async () => {
    const call = await prepare(await mutationNamed('Mutation.claimEnrolment'), {});
    await server.database.query(
      `UPDATE enrolment_code SET code_hash = decode(md5(code_hash::text), 'hex')`,
    );
    const answer = await call();
    expect(codeOf(answer)).toBe('CODE_UNKNOWN');
    expect(await entriesOf(answer)).toMatchObject([
      { action: 'claimEnrolment', detail: 'CODE_UNKNOWN', outcome: 'REFUSED' },
    ]);
  });

  test('for want of a second proof', async () => {
    const token = await sessionOf(server, stage.cast.alva.id, ['PASSWORD']);
    const entry = await refusal(
      'mutation startEnrolment($input: StartEnrolmentInput!) { startEnrolment(input: $input) { watchToken } }',
      { input: {} },
      { token },
    );
    expect(entry).toMatchObject({
      actor: 'user:alva',
      action: 'startEnrolment',
      target: 'resource:/mobile-id/get',
      detail: 'INSUFFICIENT_USER_AUTHENTICATION',
    });
  });

  test('for want of a role that the other one holds', async () => {
    const entry = await refusal(
      'mutation ($id: ID!) { lockUser(id: $id, reason: "x") { id } }',
      { id: stage.cast.adminId },
      await callerOf('olga'),
    );
    expect(entry).toMatchObject({ actor: 'user:olga', action: 'lockUser', detail: 'FORBIDDEN' });
  });

  test('of a query by who has no right to it names the field, whatever the caller calls it', async () => {
    const entry = await refusal(
      'query harmless { users { totalCount } }',
      {},
      await callerOf('alva'),
    );
    expect(entry).toMatchObject({
      actor: 'user:alva',
      action: 'users',
      target: 'resource:/operator/users',
      detail: 'FORBIDDEN',
    });
  });
});

test('the order that takes the place of another leaves an entry for both', async () => {
  const root = await mutationNamed('Mutation.startEnrolment');
  const caller = await callerOf('alva');
  const before = await (await prepare(root, caller))();
  const after = await (await prepare(root, caller))();
  const [superseded, started] = await entriesOf(after);
  expect(superseded?.action).toBe('enrolment.supersede');
  expect(superseded?.target).toBe((await entriesOf(before)).at(-1)?.target);
  expect(started?.action).toBe('enrolment.start');
});

test.each([
  `UPDATE audit_entry SET actor = 'nobody'`,
  'DELETE FROM audit_entry',
  'TRUNCATE audit_entry',
  `DELETE FROM audit_entry WHERE id = '0'`,
])('the database itself refuses %s', async (statement) => {
  await expect(server.database.query(statement)).rejects.toThrow('append-only');
});

test('administrators read the log newest first, by actor and target, page by page', async () => {
  const { token } = await callerOf('admin');
  const list = async (args: string): Promise<any> => {
    const { data, errors } = await server.graphql(
      `{ auditEntries(${args}) { nodes { id actor target action } pageInfo { endCursor hasNextPage } } }`,
      {},
      { token },
    );
    expect(errors).toEqual([]);
    return data.auditEntries;
  };
  const first = await list('first: 3');
  const ids = first.nodes.map(({ id }: { id: string }) => Number(id));
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  const second = await list(`first: 3, after: "${first.pageInfo.endCursor as string}"`);
  expect(Number(second.nodes[0].id)).toBeLessThan(Math.min(...ids));
  const { nodes } = await list('first: 50, actor: "user:olga"');
  expect(new Set(nodes.map(({ actor }: Entry) => actor))).toEqual(new Set(['user:olga']));
  const target = nodes[0].target as string;
  const about = await list(`first: 50, target: "${target}"`);
  expect(new Set(about.nodes.map((node: Entry) => node.target))).toEqual(new Set([target]));
});

test.each(['first: 0', 'first: 101', 'first: -1', 'after: "x"'])(
  'a page that cannot be (%s) is INVALID_INPUT at its path',
  async (args) => {
    const answer = await server.graphql(
      `{ auditEntries(${args}) { nodes { id } } }`,
      {},
      await callerOf('admin'),
    );
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: args.split(':')[0] }]);
  },
);

/** Makes every entry of a change fail, but not those of refusals, which name a field; gives what takes that back. */
async function refuseEntries(): Promise<() => Promise<unknown>> {
  const name = newName('refuse').replaceAll('-', '_');
  await server.database.query(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'no entry'; END $$`,
  );
  await server.database.query(
    `CREATE TRIGGER ${name} BEFORE INSERT ON audit_entry FOR EACH ROW
     WHEN (strpos(NEW.action, '.') > 0) EXECUTE FUNCTION ${name}()`,
  );
  return () => server.database.query(`DROP FUNCTION ${name}() CASCADE`);
}

function openSessions(): Promise<object[]> {
  return server.database.query(
    'SELECT id, token_hash FROM session WHERE ended_at IS NULL ORDER BY id',
  );
}
