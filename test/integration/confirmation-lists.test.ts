import { request as httpRequest } from 'node:http';
import { accessToken, createClient } from '../helpers/api-clients';
import { changeId, plantIds } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

async function projectWith(count: number): Promise<string> {
  const { projectId } = await createSelfRegistration(server, cast.admin);
  await plantIds(server, projectId, { count });
  return projectId;
}

interface Sending {
  readonly token?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(
  projectId: string,
  body: string | Uint8Array<ArrayBuffer>,
  { token = cast.operator.token, query = '', headers = {} }: Sending = {},
): Promise<{ status: number; body: any }> {
  const response = await fetch(
    `${server.url}/assigned-ids/confirmations?projectId=${projectId}${query}`,
    {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${token}`, ...headers },
      body,
    },
  );
  return { status: response.status, body: await response.json() };
}

async function tokenOf(scopes: string[], projectId: string): Promise<string> {
  const wishes = { scopes, projectIds: [projectId] };
  return accessToken(server, await createClient(server, cast.admin, wishes));
}

async function references(projectId: string): Promise<Record<string, string>> {
  const rows = await server.database.query<{ value: string; host_reference: string }>(
    `SELECT value, host_reference FROM assigned_id WHERE project_id = $1 AND status = 'CONFIRMED'`,
    [projectId],
  );
  return Object.fromEntries(rows.map(({ value, host_reference }) => [value, host_reference]));
}

async function events(projectId: string): Promise<number> {
  const [row] = await server.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM assigned_id_event WHERE project_id = $1',
    [projectId],
  );
  return row?.count ?? 0;
}

describe('a list of confirmations', () => {
  test('confirms all that it names, with events and one entry in the audit log', async () => {
    const projectId = await projectWith(4);
    const { status, body } = await send(
      projectId,
      'value,reference\r\n1,customer 1\r\n3,customer 3\r\n',
    );
    expect([status, body]).toEqual([
      200,
      { projectId, dryRun: false, confirmed: 2, unchanged: 0, withoutReference: 0 },
    ]);
    expect(await references(projectId)).toEqual({ 1: 'customer 1', 3: 'customer 3' });
    expect(await events(projectId)).toBe(2);
    const entries = await server.database.query(
      `SELECT actor, detail FROM audit_entry WHERE action = 'assigned-id.confirm-list' AND target = 'project:' || $1`,
      [projectId],
    );
    expect(entries).toEqual([{ actor: 'user:olga', detail: 'confirmed:2 of:2' }]);
  });

  test('sent again changes nothing', async () => {
    const projectId = await projectWith(2);
    const list = 'value;reference\n1;a\n2;b\n';
    await send(projectId, list);
    const { body } = await send(projectId, list);
    expect(body).toMatchObject({ confirmed: 0, unchanged: 2 });
    expect(await events(projectId)).toBe(2);
  });

  test('may be tried without effect', async () => {
    const projectId = await projectWith(2);
    const { status, body } = await send(projectId, 'value,reference\n1,a\n', {
      query: '&dryRun=true',
    });
    expect([status, body]).toMatchObject([200, { dryRun: true, confirmed: 1 }]);
    expect([await references(projectId), await events(projectId)]).toEqual([{}, 0]);
  });

  test('may be a download with the references filled in', async () => {
    const projectId = await projectWith(3);
    const response = await fetch(`${server.url}/projects/${projectId}/assigned-ids.csv`, {
      headers: { authorization: `Bearer ${cast.operator.token}` },
    });
    const filled = (await response.text()).replace(/^2,2,ASSIGNED,,/m, '2,2,ASSIGNED,"\'+41, 2",');
    const { body } = await send(projectId, filled);
    expect(body).toMatchObject({ confirmed: 1, withoutReference: 2 });
    expect(await references(projectId)).toEqual({ 2: '+41, 2' });
  });

  test('with anything wrong changes nothing, and tells each problem by line and column', async () => {
    const projectId = await projectWith(4);
    const named = { projectId, hostReference: 'first' };
    await changeId(server, cast.operator.token, 'confirmAssignedId', { ...named, value: '2' });
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value: '3' });
    const before = await events(projectId);
    const list = ['value,reference', '1,a', '2,second', '3,c', '99,d', '4,e', ''].join('\n');
    const { status, body } = await send(projectId, list);
    expect([status, body.code, body.problemCount]).toEqual([400, 'INVALID_INPUT', 3]);
    expect(body.problems).toEqual([
      { line: 3, column: 'reference', message: 'It is confirmed with another reference.' },
      { line: 4, column: 'value', message: 'It is revoked.' },
      { line: 5, column: 'value', message: 'There is no such ID.' },
    ]);
    expect([await references(projectId), await events(projectId)]).toEqual([
      { 2: 'first' },
      before,
    ]);
  });

  test('tells the first hundred problems, and how many there are', async () => {
    const projectId = await projectWith(1);
    const lines = Array.from({ length: 250 }, (_, i) => `${String(i + 500)},x`);
    const { body } = await send(projectId, ['value,reference', ...lines].join('\n'));
    expect([body.problems.length, body.problemCount]).toEqual([100, 250]);
  });

  test('of thousands is one change', async () => {
    const projectId = await projectWith(5000);
    const lines = Array.from(
      { length: 5000 },
      (_, i) => `${String(i + 1)},customer ${String(i + 1)}`,
    );
    const { body } = await send(projectId, ['value,reference', ...lines].join('\n'));
    expect(body).toMatchObject({ confirmed: 5000 });
    expect(await events(projectId)).toBe(5000);
  });

  test('and another at once in the other order end without waiting in a circle', async () => {
    const projectId = await projectWith(400);
    const list = (numbers: number[]): string =>
      ['value,reference', ...numbers.map((n) => `${String(n)},r${String(n)}`)].join('\n');
    const up = Array.from({ length: 400 }, (_, i) => i + 1);
    const callers = await Promise.all(
      [1, 2, 3, 4].map(async () => ({ token: await tokenOf(['assigned-ids:confirm'], projectId) })),
    );
    const answers = await Promise.all(
      callers.map((caller, i) => send(projectId, list(i % 2 === 0 ? up : up.toReversed()), caller)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const confirmed = answers.reduce((sum, { body }) => sum + (body.confirmed as number), 0);
    expect([confirmed, await events(projectId)]).toEqual([400, 400]);
  });
});

describe('what is refused', () => {
  test.each([
    ['compressed', { 'content-encoding': 'gzip' }],
    ['in another encoding', { 'content-type': 'text/csv; charset=windows-1252' }],
    ['no CSV', { 'content-type': 'application/json' }],
    ['a form of another site', { 'content-type': 'text/plain' }],
  ])('a list that says it is %s', async (_, headers) => {
    const projectId = await projectWith(1);
    const { status } = await send(projectId, 'value,reference\n1,a\n', { headers });
    expect(status).toBe(415);
  });

  test('a file that is no UTF-8, by its line', async () => {
    const projectId = await projectWith(2);
    const latin = new Uint8Array(Buffer.from('value,reference\n1,M\u00fcller\n', 'latin1'));
    const { status, body } = await send(projectId, latin);
    expect([status, body.problems]).toEqual([
      400,
      [{ line: expect.any(Number) as number, column: null, message: 'The file must be in UTF-8.' }],
    ]);
  });

  test('a quotation mark that is never closed, without reading on', async () => {
    const projectId = await projectWith(1);
    const { status, body } = await send(projectId, `value,reference\n1,"${'x'.repeat(1_000_000)}`);
    expect([status, body.problems[0].message]).toEqual([
      400,
      'A line can have at most 8192 characters: a quotation mark may be left open.',
    ]);
  });

  test.each([
    ['lines without end', (): string => 'value,reference\n'.padEnd(9_000_000, '1,a\n')],
    ['one line without end', (): string => 'x'.repeat(9_000_000)],
    ['commas without end', (): string => `value,reference\n${','.repeat(8_500_000)}`],
  ])('%s', async (_, bomb) => {
    const projectId = await projectWith(1);
    // The server answers and hangs up while the rest is still on its way: the answer, or the end of the line.
    const outcome = await send(projectId, bomb()).then(
      ({ status }) => status,
      () => 'hung up',
    );
    expect([400, 413, 'hung up']).toContain(outcome);
    expect(await references(projectId)).toEqual({});
  });

  test('more entries than a list may have', async () => {
    const projectId = await projectWith(1);
    const lines = Array.from({ length: 100_001 }, (_, i) => `${String(i)},a`);
    const { status, body } = await send(projectId, ['value,reference', ...lines].join('\n'));
    expect([status, body.limit, body.most]).toEqual([413, 'entries', 100_000]);
  });

  test('a list of who may only read, or of whose projects it is none', async () => {
    const [own, foreign] = [await projectWith(1), await projectWith(1)];
    const reader = await tokenOf(['assigned-ids:read'], own);
    const host = await tokenOf(['assigned-ids:confirm'], own);
    const list = 'value,reference\n1,a\n';
    expect((await send(own, list, { token: reader })).status).toBe(403);
    expect((await send(foreign, list, { token: host })).status).toBe(404);
    expect((await send(own, list, { token: host })).status).toBe(200);
    expect((await send(cast.projectId, list)).status).toBe(409);
    expect((await send('', list)).status).toBe(404);
  });

  test('a list by the cookie of a browser that another site has sent', async () => {
    const projectId = await projectWith(1);
    const response = await fetch(
      `${server.url}/assigned-ids/confirmations?projectId=${projectId}`,
      {
        method: 'POST',
        headers: {
          'content-type': 'text/csv',
          cookie: `signet=${cast.operator.token}`,
          origin: 'https://evil.example',
        },
        body: 'value,reference\n1,a\n',
      },
    );
    expect(response.status).toBe(401);
  });
});

test('a list that comes slowly keeps nobody waiting but its sender', async () => {
  const projectId = await projectWith(2);
  const slow = httpRequest(`${server.url}/assigned-ids/confirmations?projectId=${projectId}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', authorization: `Bearer ${cast.operator.token}` },
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    slow.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    slow.once('error', reject);
  });
  slow.write('value,reference\n1,both\n');
  const list = 'value,reference\n1,both\n2,fast\n';
  const token = await tokenOf(['assigned-ids:confirm'], projectId);
  const byAnother = await send(projectId, list, { token });
  const bySame = await send(projectId, list);
  slow.end();
  expect([byAnother.status, bySame.status, await answered]).toEqual([200, 429, 200]);
  expect((await send(projectId, list)).body).toMatchObject({ unchanged: 2 });
  expect(await references(projectId)).toEqual({ 1: 'both', 2: 'fast' });
});
