import { accessToken, createClient } from '../helpers/api-clients';
import { changeId, plantIds, SelfRegisteredPhone } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const LIST = `query ($projectId: ID!, $first: Int, $after: String, $status: AssignedIdStatus, $search: String,
    $values: [String!], $hostReferences: [String!], $notSeenSince: DateTime) {
  assignedIds(projectId: $projectId, first: $first, after: $after, status: $status, search: $search, values: $values,
    hostReferences: $hostReferences, notSeenSince: $notSeenSince) {
    totalCount pageInfo { hasNextPage endCursor } nodes { value status hostReference lastSeenAt profile { state } } } }`;

async function projectWith(count: number, idPolicy = {}): Promise<string> {
  const { projectId } = await createSelfRegistration(server, cast.admin, idPolicy);
  await plantIds(server, projectId, { count });
  return projectId;
}

function tryList(
  projectId: string,
  asked: Readonly<Record<string, unknown>> = {},
  token = cast.operator.token,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(LIST, { projectId, ...asked }, { token });
}

async function list(
  projectId: string,
  asked: Readonly<Record<string, unknown>> = {},
): Promise<any> {
  const { data, errors } = await tryList(projectId, asked);
  expect(errors).toEqual([]);
  return data.assignedIds;
}

const valuesOf = ({ nodes }: any): string[] => nodes.map(({ value }: any) => value as string);

async function confirm(projectId: string, value: string, hostReference: string): Promise<void> {
  const named = { projectId, value, hostReference };
  const answer = await changeId(server, cast.operator.token, 'confirmAssignedId', named);
  expect(answer.errors).toEqual([]);
}

function download(
  projectId: string,
  file: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${cast.operator.token}` },
): Promise<Response> {
  return fetch(`${server.url}/projects/${projectId}/${file}`, { headers });
}

describe('the list of assigned IDs', () => {
  test('has the highest number first, page by page, each once', async () => {
    const projectId = await projectWith(7);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: any = await list(projectId, { first: 3, after });
      expect(page.totalCount).toBe(7);
      seen.push(...valuesOf(page));
      after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor as string) : null;
    } while (after !== null);
    expect(seen).toEqual(['7', '6', '5', '4', '3', '2', '1']);
  });

  test('goes on behind its cursor where IDs were assigned in between', async () => {
    const projectId = await projectWith(4);
    const { pageInfo } = await list(projectId, { first: 2 });
    await plantIds(server, projectId, { first: 5, count: 3 });
    expect(valuesOf(await list(projectId, { after: pageInfo.endCursor }))).toEqual(['2', '1']);
  });

  test('answers whether IDs are registered at the host, and their phones in use, for one and for many', async () => {
    const projectId = await projectWith(5);
    await confirm(projectId, '2', 'customer a');
    await confirm(projectId, '4', 'customer a');
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value: '5' });
    await server.database.query(
      `UPDATE assigned_id SET last_seen_at = now() - interval '40 days' WHERE project_id = $1 AND value = '4'`,
      [projectId],
    );
    const many = await list(projectId, { values: ['2', '3', '5', 'never assigned'] });
    expect(many.nodes).toMatchObject([
      { value: '5', status: 'REVOKED', profile: { state: 'REVOKED' } },
      { value: '3', status: 'ASSIGNED', hostReference: null, profile: { state: 'ACTIVE' } },
      { value: '2', status: 'CONFIRMED', hostReference: 'customer a' },
    ]);
    const ofUser = await list(projectId, { hostReferences: ['customer a', 'nobody'] });
    expect(valuesOf(ofUser)).toEqual(['4', '2']);
    const monthAgo = new Date(Date.now() - 30 * 86_400_000).toISOString();
    expect(valuesOf(await list(projectId, { notSeenSince: monthAgo }))).toEqual(['4']);
  });

  test('is filtered by state, and searched in values and references, to the letter', async () => {
    const projectId = await projectWith(12);
    await confirm(projectId, '3', '100%_sure');
    await confirm(projectId, '12', 'Müller\\x');
    expect(valuesOf(await list(projectId, { status: 'CONFIRMED' }))).toEqual(['12', '3']);
    expect(valuesOf(await list(projectId, { search: '1' }))).toEqual(['12', '11', '10', '3', '1']);
    expect(valuesOf(await list(projectId, { search: '%_' }))).toEqual(['3']);
    expect(valuesOf(await list(projectId, { search: 'müller\\' }))).toEqual(['12']);
    expect(valuesOf(await list(projectId, { search: '_' }))).toEqual(['3']);
    expect(valuesOf(await list(projectId, { search: ' 1 ', status: 'CONFIRMED' }))).toEqual([
      '12',
      '3',
    ]);
    expect(await list(projectId, { search: 'nothing' })).toMatchObject({
      totalCount: 0,
      nodes: [],
    });
  });

  test.each([
    ['a page of none', { first: 0 }],
    ['a page of too many', { first: 101 }],
    ['a foreign cursor', { after: 'bm9uc2Vuc2U' }],
    ['too many values', { values: Array.from({ length: 101 }, String) }],
    ['a search for what cannot be stored', { search: 'a\u0000' }],
    ['a search without end', { search: 'x'.repeat(201) }],
  ])('refuses %s', async (_, asked) => {
    const projectId = await projectWith(1);
    expect(codeOf(await tryList(projectId, asked))).toBe('INVALID_INPUT');
  });

  test('stands in its project as well, and only there', async () => {
    const [one, two] = [await projectWith(2), await projectWith(3)];
    const { data } = await server.graphql(
      `query ($one: ID!, $two: ID!) {
         one: project(id: $one) { assignedIds(search: "2") { totalCount nodes { value } } }
         two: project(id: $two) { assignedIds { totalCount } } }`,
      { one, two },
      { token: cast.operator.token },
    );
    expect(data).toEqual({
      one: { assignedIds: { totalCount: 1, nodes: [{ value: '2' }] } },
      two: { assignedIds: { totalCount: 3 } },
    });
  });

  test('is read by a client of its own projects, and by no other', async () => {
    const [own, foreign] = [await projectWith(1), await projectWith(1)];
    const wishes = { scopes: ['assigned-ids:read'], projectIds: [own] };
    const token = await accessToken(server, await createClient(server, cast.admin, wishes));
    expect((await tryList(own, {}, token)).data.assignedIds.totalCount).toBe(1);
    expect(codeOf(await tryList(foreign, {}, token))).toBe('NOT_FOUND');
    const files = ['assigned-ids.csv', 'assigned-ids.json'];
    const headers = { authorization: `Bearer ${token}` };
    for (const file of files) {
      expect((await download(own, file, headers)).status).toBe(200);
      expect((await download(foreign, file, headers)).status).toBe(404);
    }
  });
});

describe('the download of assigned IDs', () => {
  test('is CSV with a line for each, and says nothing a spreadsheet would carry out', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phone = new SelfRegisteredPhone(server);
    Object.assign(phone.device, { name: '=HYPERLINK("http://evil.example";"x")' });
    const { id } = await phone.register(code);
    await confirm(projectId, '1', '+41 44 123;-1');
    const response = await download(projectId, 'assigned-ids.csv');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="assigned-ids.csv"',
    );
    const [headers, line = '', end] = (await response.text()).split('\r\n');
    expect(headers).toBe(
      'number,value,status,hostReference,assignedAt,confirmedAt,revokedAt,lastSeenAt,profileId,profileState,validTo,deviceName,devicePlatform',
    );
    expect(end).toBe('');
    expect(line).toMatch(/^1,1,CONFIRMED,"'\+41 44 123;'-1",\d{4}-/);
    expect(line).toContain(`${String(id)},ACTIVE,`);
    expect(line).toMatch(/,"'=HYPERLINK\(""http:\/\/evil\.example"";""x""\)",Jest$/);
  });

  test('is JSON with everything as it is', async () => {
    const projectId = await projectWith(2);
    await confirm(projectId, '2', '=1+1');
    const response = await download(projectId, 'assigned-ids.json');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject([
      { number: 1, value: '1', status: 'ASSIGNED', hostReference: null, revokedAt: null },
      { number: 2, value: '2', status: 'CONFIRMED', hostReference: '=1+1', profileState: 'ACTIVE' },
    ]);
  });

  test('has every ID once, in order, over many pages', async () => {
    const projectId = await projectWith(2345);
    const all = await (await download(projectId, 'assigned-ids.json')).json();
    expect(all.map(({ number }: any) => number as number)).toEqual(
      Array.from({ length: 2345 }, (_, i) => i + 1),
    );
    const csv = await (await download(projectId, 'assigned-ids.csv')).text();
    expect(csv.split('\r\n')).toHaveLength(2347);
  });

  test('is empty where nothing was assigned, or nothing fits', async () => {
    const projectId = await projectWith(0);
    expect(await (await download(projectId, 'assigned-ids.json')).json()).toEqual([]);
    expect(
      (await (await download(projectId, 'assigned-ids.csv')).text()).split('\r\n'),
    ).toHaveLength(2);
    const full = await projectWith(3);
    expect(await (await download(full, 'assigned-ids.json?status=REVOKED')).json()).toEqual([]);
    const found = await download(full, 'assigned-ids.json?search=2&status=ASSIGNED');
    expect(await found.json()).toHaveLength(1);
    const alive = await download(full, 'assigned-ids.json?notSeenSince=2020-01-01T00:00:00Z');
    expect(await alive.json()).toEqual([]);
  });

  test('is read from the database no faster than it is taken', async () => {
    const projectId = await projectWith(3000);
    const { work, assignedIdExports } = server.app.services;
    const scope = work.read(await work.systemRequest('test', 'reads-slowly'));
    const asked = jest.spyOn(scope.db, 'query');
    const { chunks } = await assignedIdExports.open(scope, projectId, {
      format: 'csv',
      filter: {},
    });
    await chunks.next();
    await chunks.next();
    expect(asked).toHaveBeenCalledTimes(1);
    await chunks.next();
    expect(asked).toHaveBeenCalledTimes(2);
    await chunks.return();
    asked.mockRestore();
  });

  test.each([
    ['nobody is signed in', {}, 401],
    ['the token is no token', { authorization: 'Bearer nonsense' }, 401],
  ])('is refused where %s', async (_, headers, status) => {
    const projectId = await projectWith(1);
    const response = await download(projectId, 'assigned-ids.csv', headers);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });

  test('is refused to a user without the role, to a session of another site, and by a path that names nothing', async () => {
    const projectId = await projectWith(1);
    const bearer = { authorization: `Bearer ${cast.alva.token}` };
    expect((await download(projectId, 'assigned-ids.csv', bearer)).status).toBe(403);
    const cookie = `signet=${cast.operator.token}`;
    const own = await download(projectId, 'assigned-ids.csv', { cookie });
    expect(own.status).toBe(200);
    const crossSite = { cookie, 'sec-fetch-site': 'cross-site' };
    expect((await download(projectId, 'assigned-ids.csv', crossSite)).status).toBe(401);
    expect((await download('nonsense', 'assigned-ids.csv')).status).toBe(404);
    expect((await download(cast.projectId, 'assigned-ids.csv')).status).toBe(409);
    expect((await download(projectId, 'assigned-ids.xml')).status).toBe(404);
  });

  test.each(['status=LOST', 'status=ASSIGNED&status=REVOKED', 'notSeenSince=yesterday'])(
    'refuses ?%s',
    async (query) => {
      const projectId = await projectWith(1);
      const response = await download(projectId, `assigned-ids.csv?${query}`);
      expect([response.status, (await response.json()).code]).toEqual([400, 'INVALID_INPUT']);
    },
  );
});
