import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { UserImport } from '../../src/features/members/import/user-import.service';
import type { RequestContext } from '../../src/kernel/actor';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { csvOf, importUsers, postImport, tryImport } from '../helpers/imports';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { Site } from '../helpers/processes/process';
import { forgetAttempts } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const HEADER = ['e-mail', 'name', 'ID', 'sync ID'];

let server: TestServer;
let cast: Cast;
let projectId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  projectId = await createProject(server, cast.admin, newName('project'), {
    importMaxRemovedPercent: 100,
  });
});
afterAll(() => server.stop());

const rows = (count: number, prefix = newName('p')): string[][] =>
  Array.from({ length: count }, (_, i) => {
    const name = `${prefix}-${String(i)}`;
    return [`${name}@example.org`, name, '', `S-${String(i)}`];
  });
const people = (): Promise<object[]> =>
  server.database.query(
    `SELECT md5(string_agg(u::text, '|' ORDER BY u.id)) AS users,
       (SELECT md5(string_agg(m::text, '|' ORDER BY m.id)) FROM project_member m) AS members,
       (SELECT count(*)::int FROM enrolment) AS enrolments, (SELECT count(*)::int FROM audit_entry) AS entries FROM app_user u`,
  );
const staged = async (): Promise<number> =>
  (await server.database.query<{ count: number }>('SELECT count(*)::int FROM user_import_row'))[0]
    ?.count ?? 0;
const systemRequest = (): Promise<RequestContext> =>
  server.app.services.work.systemRequest('test', randomUUID());
const OPTIONS = { dryRun: false, maxRemovedPercent: null, changeShared: false, invite: true };

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

describe('two imports at once', () => {
  test('of one project: one is carried out, the others are told so or find nothing to do', async () => {
    const csv = csvOf(HEADER, rows(300));
    const args = { projectId, csv, dryRun: false };
    const answers = await Promise.all([1, 2, 3, 4].map(() => tryImport(server, cast.admin, args)));
    const added = answers.map(({ data, errors }) =>
      errors.length > 0 ? errors[0]?.extensions['reason'] : data.importUsers.added,
    );
    expect(added.filter((each) => each === 300)).toHaveLength(1);
    for (const other of added) expect([300, 0, 'IMPORT_RUNNING']).toContain(other);
    const [made] = await server.database.query<{ members: number; users: number }>(
      `SELECT count(*)::int AS members, count(DISTINCT u.email)::int AS users FROM project_member m
       JOIN app_user u ON u.id = m.user_id WHERE m.project_id = $1`,
      [projectId],
    );
    expect(made).toEqual({ members: 300, users: 300 });
    expect(await staged()).toBe(0);
  });

  test('of two projects with the same people make each account once, or one gives way', async () => {
    const second = await createProject(server, cast.admin, newName('project'));
    const file = rows(200);
    const csv = csvOf(HEADER, file);
    const given = [projectId, second].map((id) => ({ projectId: id, csv, dryRun: false }));
    await Promise.all(given.map((args) => tryImport(server, cast.admin, args)));
    for (const args of given) {
      const { data, errors } = await tryImport(server, cast.admin, args);
      expect(errors).toEqual([]);
      expect(data.importUsers.problemCount).toBe(0);
    }
    const twice = await server.database.query(
      `SELECT email FROM app_user WHERE email LIKE $1 GROUP BY email HAVING count(*) > 1`,
      [`${file[0]?.[1]?.replace(/-0$/, '') ?? ''}%`],
    );
    expect(twice).toEqual([]);
  });
});

describe('what somebody changes meanwhile', () => {
  async function meanwhile(change: string, values: readonly unknown[], args: object): Promise<any> {
    const client = new Client({ connectionString: server.database.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(change, [...values]);
      const importing = tryImport(server, cast.admin, { projectId, dryRun: false, ...args });
      await eventually(async () => {
        const waiting = await server.database.query(
          `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.length > 0 ? true : undefined;
      });
      await client.query('COMMIT');
      return await importing;
    } finally {
      await client.end();
    }
  }

  test('a role that is given while the file is compared keeps him from being changed', async () => {
    const [row = []] = rows(1);
    await importUsers(server, cast.admin, { projectId, csv: csvOf(HEADER, [row]) });
    const moved = [newName('thief') + '@example.org', ...row.slice(1)];
    const { data } = await meanwhile(
      `UPDATE app_user SET roles = '{USER,OPERATOR}' WHERE email = $1`,
      [row[0]],
      { csv: csvOf(HEADER, [moved]) },
    );
    expect(data.importUsers.problems).toEqual([
      { line: 2, column: 'e-mail', message: expect.stringContaining('a user with a role') },
    ]);
    const [user] = await server.database.query('SELECT roles FROM app_user WHERE email = $1', [
      row[0],
    ]);
    expect(user).toEqual({ roles: ['USER', 'OPERATOR'] });
  });

  test('a name that is changed is compared anew', async () => {
    const [row = []] = rows(1);
    await importUsers(server, cast.admin, { projectId, csv: csvOf(HEADER, [row]) });
    const { data } = await meanwhile(
      `UPDATE app_user SET display_name = 'New Name' WHERE email = $1`,
      [row[0]],
      { csv: csvOf(HEADER, [[row[0] ?? '', 'New Name', '', row[3] ?? '']]) },
    );
    expect(data.importUsers).toMatchObject({ updated: 0, unchanged: 1 });
  });

  test('who comes to belong to another project is not changed by this one', async () => {
    const [row = []] = rows(1);
    await importUsers(server, cast.admin, { projectId, csv: csvOf(HEADER, [row]) });
    const { data } = await meanwhile(
      `WITH locked AS MATERIALIZED (SELECT id FROM app_user WHERE email = $1 FOR NO KEY UPDATE)
       INSERT INTO project_member (id, project_id, user_id, added_at, updated_at)
       SELECT gen_random_uuid(), $2, id, now(), now() FROM locked`,
      [row[0], cast.projectId],
      { csv: csvOf(HEADER, [[newName('thief') + '@example.org', ...row.slice(1)]]) },
    );
    expect(data.importUsers.problems).toEqual([
      { line: 2, column: 'e-mail', message: expect.stringContaining('another project') },
    ]);
  });

  test('who is removed by somebody else is not removed twice', async () => {
    const [row = [], other = []] = rows(2);
    await importUsers(server, cast.admin, { projectId, csv: csvOf(HEADER, [row, other]) });
    const { data } = await meanwhile(
      `WITH locked AS (UPDATE app_user SET updated_at = now() WHERE email = $1 RETURNING id)
       UPDATE project_member SET removed_at = now() WHERE user_id IN (SELECT id FROM locked)`,
      [row[0]],
      { csv: csvOf(HEADER, [other]) },
    );
    expect(data.importUsers).toMatchObject({ removed: 0, unchanged: 1 });
  });
});

/** Databases of other tests have the same tables, under the same numbers. */
const HERE = 'l.database = (SELECT oid FROM pg_database WHERE datname = current_database())';

describe('an import that does not come to its end', () => {
  test('because the server is killed in the middle has changed nothing, and can be repeated', async () => {
    const site = await Site.start({ database: server.database });
    try {
      const token = await sessionOf(server, cast.adminId);
      const body = csvOf(HEADER, rows(8000));
      const before = await people();
      const dying = postImport(site, token, {
        ...{ query: { project: projectId, dryRun: 'false' }, body },
      }).catch((error: unknown) => error);
      await eventually(async () => {
        const [row] = await server.database.query<{ busy: boolean }>(
          `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
             WHERE c.relname = 'project_member' AND l.mode = 'RowExclusiveLock' AND ${HERE}) AS busy`,
        );
        return row?.busy === true ? true : undefined;
      });
      await site.process.kill();
      expect(String(await dying)).toContain('Error');
      await eventually(async () => {
        const [row] = await server.database.query<{ count: number }>(
          `SELECT count(*)::int FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
           WHERE c.relname = 'project_member' AND l.mode = 'RowExclusiveLock' AND ${HERE}`,
        );
        return row?.count === 0 ? true : undefined;
      });
      expect(await people()).toEqual(before);
      expect(await staged()).toBeGreaterThan(0);
      await server.database.query(
        `UPDATE user_import_row SET staged_at = now() - interval '4 hours'`,
      );
      const { work, userImports } = server.app.services;
      await work.change(await systemRequest(), (scope) => userImports.purge(scope));
      expect(await staged()).toBe(0);
      const again = await postImport(server, token, {
        ...{ query: { project: projectId, dryRun: 'false' }, body },
      });
      expect(again.lines[0]).toMatchObject({ added: 8000 });
    } finally {
      await site.remove();
    }
  });

  test('because the caller hangs up has changed nothing, and leaves nothing behind', async () => {
    const before = await people();
    const leaving = new AbortController();
    const body = csvOf(HEADER, rows(5000));
    const response = await fetch(`${server.url}/imports/users?project=${projectId}&dryRun=false`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'text/csv', accept: 'application/x-ndjson' },
        authorization: `Bearer ${cast.admin}`,
      },
      body,
      signal: leaving.signal,
    });
    const reader = response.body?.getReader();
    for (;;) {
      const { value } = (await reader?.read()) ?? {};
      if (
        Buffer.from(value ?? [])
          .toString()
          .includes('"ADDING"')
      )
        break;
    }
    leaving.abort();
    await eventually(async () => ((await staged()) === 0 ? true : undefined));
    expect(await people()).toEqual(before);
  });

  test('because what was staged is gone removes nobody', async () => {
    const csv = csvOf(HEADER, rows(20));
    await importUsers(server, cast.admin, { projectId, csv });
    const before = await people();
    const request = await systemRequest();
    const importing = server.app.services.userImports.run(
      request,
      { ...OPTIONS, projectId, maxRemovedPercent: 100 },
      {
        source: { bytes: pieces(csv) },
        observer: {
          mayApply: async () => {
            await server.database.query('TRUNCATE user_import_row'); // as after a crash of PostgreSQL
            return request;
          },
        },
      },
    );
    await expect(importing).rejects.toThrow('Staged rows are gone.');
    expect(await people()).toEqual(before);
  });
});

test('what the console does is nobody’s order, and Signet’s own change', async () => {
  const request = await systemRequest();
  const mailing = await createProject(server, cast.admin, newName('project'), {
    channels: ['EMAIL'],
  });
  const result: UserImport = await server.app.services.userImports.run(
    request,
    { ...OPTIONS, projectId: mailing },
    { source: { bytes: pieces(csvOf(HEADER, rows(2))) } },
  );
  expect(result).toMatchObject({ added: 2, invited: 2 });
  const orders = await server.database.query(
    'SELECT DISTINCT ordered_by, ordered_in_session FROM enrolment WHERE project_id = $1',
    [mailing],
  );
  expect(orders).toEqual([{ ordered_by: null, ordered_in_session: null }]);
});

test('invitations by the thousand wait behind what somebody waits for', async () => {
  const mailing = await createProject(server, cast.admin, newName('project'), {
    channels: ['EMAIL'],
  });
  await server.database.query(
    `UPDATE graphile_worker._private_jobs SET run_at = now() + interval '1 hour'`,
  );
  await importUsers(server, cast.admin, { projectId: mailing, csv: csvOf(HEADER, rows(800)) });
  const known = new Set((await server.mails()).map(({ id }) => id));
  await server.graphql(
    'mutation { sendEmailCode }',
    {},
    { token: await sessionOf(server, cast.alva.id) },
  );
  await server.mailTo(cast.alva.email, ({ id, text }) => !known.has(id) && /\b\d{6}\b/.test(text));
  const [left] = await server.database.query<{ waiting: number; priority: number }>(
    `SELECT count(*)::int AS waiting, min(priority)::int AS priority FROM graphile_worker.jobs
     WHERE run_at <= now() AND locked_at IS NULL`,
  );
  expect(left?.waiting).toBeGreaterThan(0);
  expect(left?.priority).toBe(10);
  await server.database.query('DELETE FROM graphile_worker._private_jobs WHERE locked_at IS NULL');
});

test('a dry run changes nothing, whoever is at work in the project', async () => {
  const csv = csvOf(HEADER, rows(30));
  const before = await people();
  const [wet, dry] = await Promise.all([
    tryImport(server, cast.admin, { projectId, csv, dryRun: false }),
    tryImport(server, cast.admin, { projectId, csv, dryRun: true }),
  ]);
  expect(dry.errors).toEqual([]);
  expect(wet.errors.length === 0 ? 'done' : codeOf(wet)).toBe('done');
  expect(await people()).not.toEqual(before);
  expect(await staged()).toBe(0);
});
