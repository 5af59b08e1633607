import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { DEFAULT_RULES } from '../../src/features/access/rules/default-rules';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { makeTemporaryFolder } from '../helpers/processes/embedded-postgres';
import { administrator, createPerson } from '../helpers/people';
import { Site } from '../helpers/processes/process';
import { startTestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { Watcher } from '../helpers/subscription';
import { orderFor, setStage } from '../helpers/orders';

const PROGRAM = resolve(__dirname, '../../dist/src/cli/access.js');
const DEFAULT_NAMES = DEFAULT_RULES.map(({ name }) => name).sort();

interface Run {
  readonly code: number;
  readonly output: string;
}
/** The console with these settings and no others. */
function run(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> {
  return new Promise((done) => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment };
    execFile(process.execPath, [PROGRAM, ...args], { env }, (error, stdout, stderr) => {
      done({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

async function namesIn(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ name: string }>('SELECT name FROM access_rule');
  return rows.map(({ name }) => name).sort();
}

const LOCK_OUT = `INSERT INTO access_rule (id, position, name, enabled, effect, resources, conditions, requirement, updated_at)
  SELECT gen_random_uuid(), 1000, 'Nobody', true, 'DENY', '{/}', conditions, '[]', now() FROM access_rule LIMIT 1`;

test('writes the default rules back under a server that runs, which obeys at once', async () => {
  const server = await startTestServer();
  try {
    const { query, url } = server.database;
    const [admin] = await query<{ id: string }>(`SELECT id FROM app_user WHERE username = 'admin'`);
    const token = await sessionOf(server, admin?.id ?? '');
    const asks = async () =>
      (await server.graphql('{ accessRules { name } }', {}, { token })).errors[0]?.extensions.code;
    await query(LOCK_OUT);
    await query(`DELETE FROM access_rule WHERE name = 'Operators'`);
    await query(`UPDATE access_rule SET enabled = false WHERE name = 'Administrators'`);
    await query('UPDATE access_policy SET version = gen_random_uuid()');
    expect(await asks()).toBe('FORBIDDEN');
    expect(await run({ DATABASE_URL: url }, 'reset')).toEqual({
      code: 0,
      output: 'The default access rules are back, and in force.\n',
    });
    expect(await asks()).toBeUndefined();
    expect(await namesIn(server.database)).toEqual(DEFAULT_NAMES);
    const told = await query<{ actor: string; action: string; detail: string | null }>(
      `SELECT actor, action, detail FROM audit_entry WHERE actor = 'system:console' ORDER BY id`,
    );
    expect(told.map(({ action, detail }) => [action, detail])).toEqual([
      ['access-rule.delete', 'Administrators'],
      ['access-rule.delete', 'Nobody'],
      ['access-rule.create', 'Operators'],
      ['access-rule.create', 'Administrators'],
      ['access-rules.reset', null],
    ]);
  } finally {
    await server.stop();
  }
});

test('closes subscriptions that the rules it brings back do not allow', async () => {
  const server = await startTestServer();
  try {
    const stage = await setStage(server);
    const person = await createPerson(server, stage.admin, 'alva');
    const order = await orderFor(server, stage, person.id);
    await server.database.query(
      `UPDATE access_rule SET requirement = '[]' WHERE '/enrolments' = ANY(resources)`,
    );
    await server.database.query('UPDATE access_policy SET version = gen_random_uuid()');
    const token = await sessionOf(server, person.id, ['EMAIL_CODE']);
    const watcher = new Watcher(server.url, order.id, { token });
    await watcher.until('WAITING_FOR_SCAN');
    expect((await run({ DATABASE_URL: server.database.url }, 'reset')).code).toBe(0);
    expect(await watcher.closed).toBe(4403);
  } finally {
    await server.stop();
  }
});

test('reaches the embedded database beside a server that runs, and after it', async () => {
  const site = await Site.start();
  try {
    const admin = await administrator(site);
    const outcome = async (): Promise<string> => {
      const query = '{ resourceAccess(resource: "/mobile-id") { outcome } }';
      const { data } = await site.graphql(query, {}, { token: admin });
      return data.resourceAccess.outcome as string;
    };
    const switchOff = async (): Promise<void> => {
      const { data } = await site.graphql('{ accessRules { id resources } }', {}, { token: admin });
      const rules = data.accessRules as { id: string; resources: string[] }[];
      const found = rules.find(({ resources }) => resources.includes('/mobile-id'));
      await site.graphql(
        'mutation ($id: ID!) { updateAccessRule(id: $id, input: { enabled: false }) { id } }',
        { id: found?.id },
        { token: admin },
      );
    };
    await switchOff();
    expect(await outcome()).toBe('FORBIDDEN');
    expect(await run({ DATA_DIR: site.dataDir }, 'reset')).toMatchObject({ code: 0 });
    expect(await outcome()).toBe('ALLOWED');
    await switchOff();
    await site.process.terminate();
    expect(await run({ DATA_DIR: site.dataDir }, 'reset')).toMatchObject({ code: 0 });
    await site.start();
    expect(await outcome()).toBe('ALLOWED');
  } finally {
    await site.remove();
  }
});

describe('refuses', () => {
  test.each([[['start']], [['reset', 'now']]])('what it does not know: %j', async (args) => {
    const { code, output } = await run({}, ...args);
    expect(code).toBe(2);
    expect(output).toMatch(/^[^\n]+ Help: npm run access -- --help\n$/);
  });

  test('a folder without a database, and makes none there', async () => {
    const folder = await makeTemporaryFolder();
    const { code, output } = await run({ DATA_DIR: folder }, 'reset');
    expect(code).toBe(1);
    expect(output).toContain('There is no database in');
    expect(output).not.toMatch(/\n\s+at /);
  });

  test('a database of an earlier release', async () => {
    const database = await createTestDatabase();
    try {
      await database.query(`DELETE FROM migration WHERE name LIKE 'RuleVersions%'`);
      const { code, output } = await run({ DATABASE_URL: database.url }, 'reset');
      expect({ code, output }).toEqual({
        code: 1,
        output: 'The database is not of this release. Start its server once, then repeat this.\n',
      });
    } finally {
      await database.drop();
    }
  });
});
