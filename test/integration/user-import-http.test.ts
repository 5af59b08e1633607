import { createConnection } from 'node:net';
import { accessToken, createClient } from '../helpers/api-clients';
import { gatherCast, type Cast } from '../helpers/cast';
import { csvOf, postImport, type Posted } from '../helpers/imports';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const HEADER = ['e-mail', 'name', 'ID', 'sync ID'];
const NDJSON = { accept: 'application/x-ndjson' };

let server: TestServer;
let cast: Cast;
let projectId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  projectId = await createProject(server, cast.admin, newName('project'), { channels: ['EMAIL'] });
});
afterAll(() => server.stop());

const rowOf = (name = newName('p')): string[] => [`${name}@example.org`, name, '', ''];
const rows = (count: number): string[][] => Array.from({ length: count }, () => rowOf());
const post = (
  body: string | Uint8Array,
  more: {
    query?: Record<string, string>;
    headers?: Record<string, string>;
    token?: string | null;
  } = {},
): Promise<Posted> =>
  postImport(server, more.token === undefined ? cast.admin : (more.token ?? undefined), {
    query: { project: projectId, dryRun: 'false', ...more.query },
    body,
    ...(more.headers && { headers: more.headers }),
  });
const clientWith = async (scopes: readonly string[]): Promise<string> =>
  accessToken(server, await createClient(server, cast.admin, { scopes }));
/** Everybody, and who belongs where. */
const people = (): Promise<object[]> =>
  server.database.query(
    `SELECT md5(string_agg(u::text, '|' ORDER BY u.id)) AS users,
       (SELECT md5(string_agg(m::text, '|' ORDER BY m.id)) FROM project_member m) AS members FROM app_user u`,
  );
const memberCount = async (): Promise<number> =>
  (
    await server.database.query<{ count: number }>(
      'SELECT count(*)::int FROM project_member WHERE project_id = $1 AND removed_at IS NULL',
      [projectId],
    )
  )[0]?.count ?? 0;

describe('one answer at the end', () => {
  test('holds the numbers and the first changes', async () => {
    const { status, headers, lines } = await post(csvOf(HEADER, rows(150)));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ dryRun: false, rows: 150, added: 150, invited: 150 });
    expect(lines[0].changes).toHaveLength(100);
    expect(await memberCount()).toBe(150);
  });

  test('is a dry run unless told otherwise', async () => {
    const { lines } = await postImport(server, cast.admin, {
      query: { project: projectId },
      body: csvOf(HEADER, rows(2)),
    });
    expect(lines[0]).toMatchObject({ dryRun: true, added: 2 });
    expect(await memberCount()).toBe(0);
  });

  test('is a status that shows to a script that nothing was changed', async () => {
    const { status, headers, lines } = await post(csvOf(HEADER, [['nobody', 'x', '', '']]));
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(lines[0]).toMatchObject({
      code: 'INVALID_INPUT',
      problemCount: 1,
      problems: [{ line: 2, column: 'e-mail', message: 'It is no e-mail address.' }],
    });
    await post(csvOf(HEADER, rows(2)));
    const refused = await post(csvOf(HEADER, []));
    expect([refused.status, refused.lines[0].reason]).toEqual([409, 'TOO_MANY_REMOVED']);
    const allowed = await post(csvOf(HEADER, []), { query: { maxRemovedPercent: '100' } });
    expect(allowed.lines[0]).toMatchObject({ removed: 2 });
  });
});

describe('lines of JSON', () => {
  test('tell the progress, every change and the result', async () => {
    const { status, headers, lines } = await post(csvOf(HEADER, rows(250)), { headers: NDJSON });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const phases = lines.filter(({ type }) => type === 'progress').map(({ phase }) => phase);
    expect([...new Set(phases)]).toEqual(['READING', 'COMPARING', 'ADDING']);
    expect(lines.filter(({ type }) => type === 'change')).toHaveLength(250);
    expect(lines.at(-1)).toMatchObject({ type: 'result', added: 250, problemCount: 0 });
    expect(lines.at(-1).changes).toBeUndefined();
  });

  test('end with an error that says why, after the problems', async () => {
    const { status, lines } = await post(csvOf(HEADER, [['x', '', '', '']]), { headers: NDJSON });
    expect(status).toBe(200);
    expect(lines.filter(({ type }) => type === 'problem')).toEqual([
      { type: 'problem', line: 2, column: 'e-mail', message: 'It is no e-mail address.' },
      { type: 'problem', line: 2, column: 'name', message: 'It must not be empty.' },
    ]);
    expect(lines.at(-1)).toMatchObject({ type: 'error', code: 'INVALID_INPUT', problemCount: 2 });
  });

  test('of an import that cannot begin are a status instead', async () => {
    const nowhere = { project: '00000000-0000-4000-8000-000000000000' };
    const { status, lines } = await post(csvOf(HEADER, rows(1)), {
      headers: NDJSON,
      query: nowhere,
    });
    expect([status, lines[0].code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('whoever may', () => {
  test('is an administrator with both proofs, or an application that may change users and members', async () => {
    const file = csvOf(HEADER, rows(1));
    const both = await clientWith(['users:write', 'members:write', 'enrolment:create']);
    expect((await post(file, { token: both })).lines[0]).toMatchObject({ added: 1, invited: 1 });
    const [entry] = await server.database.query<{ actor: string }>(
      `SELECT actor FROM audit_entry WHERE action = 'project.import-users' ORDER BY id DESC LIMIT 1`,
    );
    expect(entry?.actor).toMatch(/^client:/);
    const [invitation] = await server.database.query<{ ordered: boolean }>(
      'SELECT ordered_by IS NOT NULL AS ordered FROM enrolment WHERE project_id = $1',
      [projectId],
    );
    expect(invitation).toEqual({ ordered: true });
  });

  test('may not invite without the scope for orders, but add', async () => {
    const token = await clientWith(['users:write', 'members:write']);
    const before = await people();
    const refused = await post(csvOf(HEADER, rows(1)), { token });
    expect([refused.status, refused.lines[0].code]).toEqual([403, 'FORBIDDEN']);
    expect(await people()).toEqual(before);
    const added = await post(csvOf(HEADER, rows(1)), { token, query: { invite: 'false' } });
    expect(added.lines[0]).toMatchObject({ added: 1, invited: 0 });
  });

  test.each([
    ['nobody', () => Promise.resolve(null), 401],
    ['an operator', () => Promise.resolve(cast.operator.token), 403],
    ['a user', () => Promise.resolve(cast.alva.token), 403],
    [
      'an administrator who gave one proof',
      () => sessionOf(server, cast.adminId, ['PASSWORD']),
      401,
    ],
    ['an application that only changes users', () => clientWith(['users:write']), 403],
    ['an application that only changes members', () => clientWith(['members:write']), 403],
    ['an application that only reads', () => clientWith(['users:read', 'projects:read']), 403],
    ['a made-up token', () => Promise.resolve('x'.repeat(43)), 401],
  ])('is not %s', async (_who, tokenOf, status) => {
    const before = await people();
    const token = await tokenOf();
    for (const dryRun of ['true', 'false']) {
      const answer = await post(csvOf(HEADER, rows(1)), { token, query: { dryRun } });
      expect(answer.status).toBe(status);
    }
    expect(await people()).toEqual(before);
  });

  test('a browser’s cookie counts on our own pages, and on no others', async () => {
    const body = csvOf(HEADER, rows(1));
    const cookie = `signet=${cast.admin}`;
    const own = await post(body, { token: null, headers: { cookie, origin: server.url } });
    expect(own.status).toBe(200);
    const foreign = { cookie, origin: 'https://evil.example' };
    expect((await post(body, { token: null, headers: foreign })).status).toBe(401);
    const embedded = { cookie, 'sec-fetch-site': 'cross-site' };
    expect((await post(body, { token: null, headers: embedded })).status).toBe(401);
  });

  test('loses it while the file still comes: nothing is changed', async () => {
    const token = await sessionOf(server, cast.adminId);
    let send: (chunk: string | null) => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        send = (chunk) => {
          if (chunk === null) controller.close();
          else controller.enqueue(Buffer.from(chunk));
        };
      },
    });
    send(csvOf(HEADER, rows(1)));
    const answer = postImport(server, token, {
      query: { project: projectId, dryRun: 'false' },
      body,
    });
    await eventually(async () => {
      const begun = await server.database.query(
        `SELECT key FROM rate_limit WHERE key LIKE 'import/start:%'`,
      );
      return begun.length > 0 ? true : undefined;
    });
    await server.graphql('mutation { signOut }', {}, { token });
    send(csvOf(HEADER, rows(1)).split('\n')[1] ?? '');
    send(null);
    const { status, lines } = await answer;
    expect([status, lines[0].code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await memberCount()).toBe(0);
  });
});

describe('what is sent', () => {
  test.each<[string, Record<string, string>, Record<string, string>, number]>([
    ['another type', { 'content-type': 'application/json' }, {}, 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, {}, 415],
    ['an unknown charset', { 'content-type': 'text/csv; charset=koi8-r' }, {}, 415],
    ['a compressed file', { 'content-encoding': 'gzip' }, {}, 415],
    ['no project', {}, { project: '' }, 404],
    ['an unknown parameter', {}, { force: 'true' }, 400],
    ['a percentage beyond all', {}, { maxRemovedPercent: '101' }, 400],
    ['a yes where true is meant', {}, { dryRun: 'yes' }, 400],
  ])('as %s is refused', async (_what, headers, query, status) => {
    const answer = await post(csvOf(HEADER, rows(1)), { headers, query });
    expect(answer.status).toBe(status);
    expect(await memberCount()).toBe(0);
  });

  test('in windows-1252 or UTF-16 arrives as it is meant', async () => {
    const file = csvOf(HEADER, [[`${newName('z')}@example.org`, 'Zoë Müller', '', '']]);
    const found = await post(Buffer.from(file, 'latin1'));
    expect(found.lines[0]).toMatchObject({ encoding: 'windows-1252' });
    expect(found.lines[0].changes[0].displayName).toBe('Zoë Müller');
    const said = await post(Buffer.from(file, 'utf16le'), {
      headers: { 'content-type': 'text/csv; charset=UTF-16LE; header=present' },
      query: { maxRemovedPercent: '100' },
    });
    expect(said.lines[0]).toMatchObject({ encoding: 'utf-16le', unchanged: 1 });
  });

  test('by another method is refused', async () => {
    const response = await fetch(`${server.url}/imports/users?project=${projectId}`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('beyond the size that a file may have is refused by its announcement', async () => {
    const answer = await rawRequest([
      'POST /imports/users?project=x HTTP/1.1',
      `host: ${new URL(server.url).host}`,
      `authorization: Bearer ${cast.admin}`,
      'content-type: text/csv',
      'content-length: 999999999',
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('as often as a caller likes is limited', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 121; i += 1) {
      const answer = await post('', { query: { project: '00000000-0000-4000-8000-000000000000' } });
      statuses.push(answer.status);
    }
    expect(statuses.slice(0, 120).every((status) => status === 404)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
  });
});

/** The head of a request, of which nothing else is ever sent. @returns what comes back first */
async function rawRequest(head: readonly string[]): Promise<string> {
  const { port } = new URL(server.url);
  const socket = createConnection(Number(port), 'localhost');
  try {
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    return await new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => {
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
  } finally {
    socket.destroy();
  }
}
