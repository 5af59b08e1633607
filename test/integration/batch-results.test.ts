import { randomUUID } from 'node:crypto';
import { fromHarmless } from '../../src/platform/csv/csv-line';
import { parseLink } from '../../src/phone/link';
import { accessToken, createClient } from '../helpers/api-clients';
import { endOf, recordsIn, startBatch, type SeenBatch } from '../helpers/batches';
import { gatherCast, type Cast } from '../helpers/cast';
import { newName, phoneAt } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { codesIn, pagesIn } from '../helpers/browser/printed';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(() => server.database.query('DELETE FROM rate_limit'));
afterAll(() => server.stop());

interface File {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

async function download(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<File> {
  const response = await fetch(`${server.url}/batches/${path}`, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

const by = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

async function codeOfFile(file: Promise<File>): Promise<string> {
  const { status, headers, bytes } = await file;
  expect(headers.get('content-type')).toContain('application/problem+json');
  const problem = JSON.parse(bytes.toString()) as { code: string; status: number };
  expect(problem.status).toBe(status);
  return problem.code;
}

async function csvOf(id: string, token = cast.operator.token): Promise<Record<string, string>[]> {
  const { status, bytes } = await download(`${id}.csv`, by(token));
  expect(status).toBe(200);
  const [header = [], ...records] = recordsIn(bytes.toString('utf8'));
  const rows = records.map((fields) =>
    Object.fromEntries(fields.map((field, i) => [header[i] ?? '', field])),
  );
  for (const { link } of rows) if (link) noteSecret(link.split('#')[1] ?? '');
  return rows;
}

async function batchOf(
  userIds: readonly string[],
  {
    token = cast.operator.token,
    settings = {},
    input = {},
  }: { token?: string; settings?: object; input?: object } = {},
): Promise<SeenBatch> {
  const projectId = await createProject(server, cast.admin, newName('project'), { ...settings });
  const { id } = await startBatch(server, token, projectId, { userIds, ...input });
  return endOf(server, cast.admin, id);
}

async function named(displayName: string): Promise<string> {
  const { id } = await createPerson(server, cast.admin, newName('user'));
  await server.database.query('UPDATE app_user SET display_name = $2 WHERE id = $1', [
    id,
    displayName,
  ]);
  return id;
}

describe('the table of a batch', () => {
  test('has a line for each user, in the order in which they were named', async () => {
    const stranger = randomUUID();
    const userIds = [await named('Ärmel, "Zoë"\nB.'), stranger, await named('Anna')];
    const { id } = await batchOf(userIds);
    const file = await download(`${id}.csv`, by(cast.operator.token));
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(file.headers.get('content-disposition')).toBe(
      `attachment; filename=mobile-ids-${id}.csv`,
    );
    expect(file.headers.get('cache-control')).toBe('no-store');
    expect([...file.bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const rows = await csvOf(id);
    expect(rows.map((row) => row['user id'])).toEqual(userIds);
    expect(rows.map(({ name }) => name)).toEqual(['Ärmel, "Zoë"\nB.', '', 'Anna']);
    expect(rows.map(({ result }) => result)).toEqual(['ORDERED', 'FAILED', 'ORDERED']);
    expect(rows.map(({ failure }) => failure)).toEqual(['', 'NOT_FOUND', '']);
    expect(rows.map(({ status }) => status)).toEqual(['WAITING_FOR_SCAN', '', 'WAITING_FOR_SCAN']);
  });

  test('makes no formula of what people are called', async () => {
    const names = ['=HYPERLINK("http://evil.example")', '+1', '-1', '@x', '\t=1', '＝1'];
    const userIds: string[] = [];
    for (const name of names) userIds.push(await named(name));
    const rows = await csvOf((await batchOf(userIds)).id);
    expect(rows.map(({ name = '' }) => name.slice(0, 1))).toEqual(names.map(() => "'"));
    expect(rows.map(({ name = '' }) => fromHarmless(name))).toEqual(names);
  });

  test('has the links of codes to print, which a phone can scan and activate', async () => {
    const { id } = await batchOf([await named('Paper')]);
    const [row] = await csvOf(id);
    const { code, serverUrl } = parseLink(row?.['link'] ?? '');
    const phone = phoneAt(server.url, serverUrl);
    await phone.claim({ id: '', watchToken: '', code, publicUrl: serverUrl });
    await phone.complete();
    expect(await csvOf(id)).toMatchObject([{ status: 'ACTIVE', link: '' }]);
  });

  test('has no link of codes that go by mail', async () => {
    const settings = { channels: ['EMAIL'] };
    const { id } = await batchOf([await named('Mail')], { settings });
    expect(await csvOf(id)).toMatchObject([{ result: 'ORDERED', link: '' }]);
  });

  test('is read page by page, and whole', async () => {
    const { id } = await batchOf([cast.alva.id]);
    await server.database.query(
      `INSERT INTO enrolment_batch_item (batch_id, position, user_id, state)
       SELECT $1, n, gen_random_uuid(), 'PENDING' FROM generate_series(2, 1001) n`,
      [id],
    );
    expect(await csvOf(id)).toHaveLength(1001);
  });
});

describe('the sheets of a batch', () => {
  test('are one for each code that can be scanned, and each says what the table says', async () => {
    const userIds = [await named('Zoë Ärmel'), randomUUID(), await named('Anna'), await named('Λ')];
    const { id } = await batchOf(userIds);
    const { status, headers, bytes } = await download(`${id}.pdf`, by(cast.operator.token));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/pdf');
    expect(headers.get('content-disposition')).toContain(`filename=mobile-ids-${id}.pdf`);
    const links = (await csvOf(id)).map(({ link }) => link).filter((link) => link !== '');
    expect(links).toHaveLength(3);
    expect(codesIn(bytes)).toEqual(links);
    expect(pagesIn(bytes)).toBe(3);
  });

  test('are not there for codes that go by mail, while it runs, or when no code is left', async () => {
    const mailed = await batchOf([await named('Mail')], { settings: { channels: ['EMAIL'] } });
    const pdf = (id: string): Promise<string> =>
      codeOfFile(download(`${id}.pdf`, by(cast.operator.token)));
    expect(await pdf(mailed.id)).toBe('CHANNEL_NOT_AVAILABLE');
    const none = await batchOf([randomUUID()]);
    expect(await pdf(none.id)).toBe('INVALID_TRANSITION');
    const running = await batchOf([await named('Runs')]);
    await server.database.query(`UPDATE enrolment_batch SET state = 'RUNNING' WHERE id = $1`, [
      running.id,
    ]);
    expect(await pdf(running.id)).toBe('INVALID_TRANSITION');
  });
});

describe('who gets the codes of a batch', () => {
  let batch: SeenBatch;
  beforeAll(async () => {
    batch = await batchOf([await named('Paper')]);
  });

  test.each(['csv', 'pdf'])(
    'is its orderer, in each session that may order (%s)',
    async (format) => {
      const token = await sessionOf(server, cast.operator.id);
      expect((await download(`${batch.id}.${format}`, by(token))).status).toBe(200);
      const weak = await sessionOf(server, cast.operator.id, ['PASSWORD']);
      expect(await codeOfFile(download(`${batch.id}.${format}`, by(weak)))).toBe(
        'INSUFFICIENT_USER_AUTHENTICATION',
      );
      const [entry] = await server.database.query<{ actor: string; detail: string }>(
        `SELECT actor, detail FROM audit_entry WHERE action = 'enrolment-batch.download' AND target = $1 ORDER BY id DESC LIMIT 1`,
        [`enrolment-batch:${batch.id}`],
      );
      expect(entry?.actor).toBe('user:olga');
      expect(entry?.detail).toContain(format);
    },
  );

  test('is he so often in an hour, as each file is work', async () => {
    const { limits } = server.app.services;
    const take = (): Promise<void> => limits.take('enrolment/batch-file', cast.operator.id);
    for (let i = 0; i < 119; i += 1) await take();
    expect((await download(`${batch.id}.csv`, by(cast.operator.token))).status).toBe(200);
    for (const format of ['csv', 'pdf']) {
      const file = download(`${batch.id}.${format}`, by(cast.operator.token));
      expect(await codeOfFile(file)).toBe('RATE_LIMITED');
    }
  });

  test.each(['csv', 'pdf'])('is nobody else (%s)', async (format) => {
    const path = `${batch.id}.${format}`;
    expect(await codeOfFile(download(path))).toBe('UNAUTHENTICATED');
    expect(await codeOfFile(download(path, by('nonsense')))).toBe('UNAUTHENTICATED');
    expect(await codeOfFile(download(path, by(cast.alva.token)))).toBe('FORBIDDEN');
    expect(await codeOfFile(download(path, by(cast.admin)))).toBe('NOT_FOUND');
    for (const none of [randomUUID(), 'x', '..%2f..']) {
      const file = download(`${none}.${format}`, by(cast.operator.token));
      expect(await codeOfFile(file)).toBe('NOT_FOUND');
    }
  });

  test('is the API client that ordered, and no other', async () => {
    const scopes = ['enrolment:create'];
    const projectId = await createProject(server, cast.admin, newName('project'));
    const [own, other] = [
      await createClient(server, cast.admin, { scopes, projectIds: [projectId] }),
      await createClient(server, cast.admin, { scopes }),
    ];
    const [token, foreign] = [await accessToken(server, own), await accessToken(server, other)];
    const { id } = await startBatch(server, token, projectId, { userIds: [await named('By API')] });
    await endOf(server, cast.admin, id);
    expect(await csvOf(id, token)).toMatchObject([{ result: 'ORDERED', name: 'By API' }]);
    expect(await codeOfFile(download(`${id}.csv`, by(foreign)))).toBe('NOT_FOUND');
    expect((await csvOf(id, token))[0]?.['link']).toContain('/m#');
  });

  test('is a browser with its cookie, unless another site sends it', async () => {
    const cookie = `signet=${cast.operator.token}`;
    const path = `${batch.id}.csv`;
    expect((await download(path, { cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    for (const site of ['cross-site', 'same-site']) {
      const file = download(path, { cookie, 'sec-fetch-site': site });
      expect(await codeOfFile(file)).toBe('UNAUTHENTICATED');
    }
  });
});
