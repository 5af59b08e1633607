import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { postmasterPid } from '../../helpers/processes/embedded-postgres';
import { administrator } from '../../helpers/people';
import { Program, Site } from '../../helpers/processes/process';
import { databaseUrl, noteSecret, testRun } from '../../helpers/run';
import { eventually } from '../../helpers/server';

const TABLES = ['audit_entry', 'audit_seal'];
const COLUMN = { audit_entry: 'actor', audit_seal: 'entries' };
const REFUSED =
  /^(permission denied|must be (owner|able)|must be a? ?member|cannot insert|role .* cannot|invalid)/;

/** What an attacker would try who can have any statement carried out. */
const attacksOn = (table: string): string[] => [
  `UPDATE ${table} SET ${COLUMN[table as keyof typeof COLUMN]} = ${COLUMN[table as keyof typeof COLUMN]}`,
  `UPDATE ${table} SET ${COLUMN[table as keyof typeof COLUMN]} = NULL WHERE false`,
  `DELETE FROM ${table}`,
  `DELETE FROM ${table} WHERE false`,
  `TRUNCATE ${table}`,
  `TRUNCATE ${table} CASCADE`,
  `SELECT * FROM ${table} FOR UPDATE`,
  `MERGE INTO ${table} a USING (SELECT 1) b ON true WHEN MATCHED THEN DELETE`,
  `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
  `ALTER TABLE ${table} DISABLE TRIGGER ${table}_append_only`,
  `DROP TRIGGER ${table}_append_only ON ${table}`,
  `ALTER TRIGGER ${table}_append_only ON ${table} RENAME TO gone`,
  `DROP FUNCTION ${table}_refuse_change() CASCADE`,
  `CREATE OR REPLACE FUNCTION ${table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
  `ALTER FUNCTION ${table}_refuse_change() RENAME TO gone`,
  `CREATE TRIGGER swallow BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_refuse_change()`,
  `CREATE RULE swallow AS ON INSERT TO ${table} DO INSTEAD NOTHING`,
  `DROP TABLE ${table}`,
  `DROP TABLE ${table} CASCADE`,
  `ALTER TABLE ${table} RENAME TO gone`,
  `ALTER TABLE ${table} ADD COLUMN more text`,
  `ALTER TABLE ${table} DROP COLUMN ${COLUMN[table as keyof typeof COLUMN]}`,
  `ALTER TABLE ${table} OWNER TO CURRENT_USER`,
  `ALTER TABLE ${table} SET SCHEMA graphile_worker`,
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `CREATE POLICY hide ON ${table} USING (false)`,
  `CREATE INDEX more ON ${table} ((1 / 0))`,
  `GRANT UPDATE ON ${table} TO CURRENT_USER; UPDATE ${table} SET ${COLUMN[table as keyof typeof COLUMN]} = NULL`,
  `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`,
];
const ATTACKS = [
  ...TABLES.flatMap(attacksOn),
  `SET session_replication_role = replica`,
  `SET SESSION AUTHORIZATION postgres`,
  'SET ROLE signet',
  'SET ROLE postgres',
  'GRANT signet TO CURRENT_USER',
  'GRANT pg_database_owner TO CURRENT_USER',
  'ALTER ROLE CURRENT_USER SUPERUSER',
  'ALTER ROLE CURRENT_USER BYPASSRLS',
  'CREATE ROLE another SUPERUSER',
  'DROP SCHEMA public CASCADE',
  'ALTER SCHEMA public RENAME TO gone',
  'ALTER SCHEMA public OWNER TO CURRENT_USER',
  'CREATE TABLE public.shadow (id int)',
  'CREATE SCHEMA signet_server',
  'REASSIGN OWNED BY signet TO CURRENT_USER',
  'DROP OWNED BY signet CASCADE',
  'CREATE EXTENSION dblink',
  `INSERT INTO audit_entry (id, actor, action, outcome) OVERRIDING SYSTEM VALUE VALUES (-1, 'x', 'x', 'SUCCESS')`,
  `INSERT INTO audit_entry (at, actor, action, outcome) VALUES ('2001-01-01', 'x', 'x', 'SUCCESS')`,
  `SELECT setval('audit_entry_id_seq', 1)`,
  'ALTER SEQUENCE audit_entry_id_seq RESTART',
  'UPDATE pg_trigger SET tgenabled = $$D$$',
  'DELETE FROM pg_class WHERE relname = $$audit_entry$$',
  'COPY audit_entry FROM PROGRAM $$true$$',
  'UPDATE migration SET name = name',
];

/** The rights to a database are its own, not its template's: whoever prepares it takes this one away. */
const SHADOWS = 'CREATE TEMP TABLE audit_entry (LIKE public.audit_entry)';

async function refusalOf(client: Client, statement: string): Promise<string> {
  await client.query('BEGIN');
  try {
    await client.query(statement);
    return 'carried out';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.query('ROLLBACK');
  }
}

async function connectedTo(options: ConstructorParameters<typeof Client>[0]): Promise<Client> {
  const client = new Client(options);
  client.on('error', () => undefined); // where its server ends first
  await client.connect();
  return client;
}

describe('the role as which the server works', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connectedTo(database.serverUrl);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  test.each(ATTACKS)('is refused %s', async (statement) => {
    expect(await refusalOf(client, statement)).toMatch(REFUSED);
  });

  test('is refused to drop the database', async () => {
    const elsewhere = await connectedTo(database.serverUrl.replace(database.name, 'postgres'));
    const refusal = elsewhere.query(`DROP DATABASE ${database.name}`);
    await expect(refusal).rejects.toThrow('must be owner');
    await elsewhere.end();
  });

  test('appends, and reads', async () => {
    await client.query(
      `INSERT INTO audit_entry (actor, action, outcome) VALUES ('test', 'test.append', 'SUCCESS')`,
    );
    const { rows } = await client.query(
      `SELECT at <= now() AS past FROM audit_entry WHERE actor = 'test'`,
    );
    expect(rows).toEqual([{ past: true }]);
  });
});

test('the embedded database keeps the server to the same role', async () => {
  const site = await Site.start();
  try {
    await administrator(site);
    const owner = await connectedTo(await embeddedAt(site, 'signet'));
    const { rows } = await owner.query<{ usename: string }>(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'signet%' AND datname = 'signet'
         AND pid <> pg_backend_pid()`,
    );
    await owner.end();
    expect(rows.map(({ usename }) => usename)).toEqual(['signet_server']);
    const client = await connectedTo(await embeddedAt(site, 'signet_server'));
    for (const statement of [...ATTACKS, SHADOWS]) {
      expect([statement, await refusalOf(client, statement)]).toEqual([
        statement,
        expect.stringMatching(REFUSED),
      ]);
    }
    await client.end();
  } finally {
    await site.remove();
  }
});

test('an embedded database of an earlier release, with one role alone, is taken over', async () => {
  const site = await Site.start();
  try {
    const superuser = await connectedTo(await embeddedAt(site, 'postgres'));
    await site.process.kill();
    await eventually(async () => {
      const { rows } = await superuser.query(
        `SELECT FROM pg_stat_activity WHERE usename = 'signet_server'`,
      );
      return rows.length === 0 ? true : undefined;
    });
    await superuser.query('DROP OWNED BY signet_server');
    await superuser.query('DROP ROLE signet_server');
    await superuser.end();
    await site.start();
    expect(await administrator(site)).toEqual(expect.any(String));
  } finally {
    await site.remove();
  }
});

describe('with DATABASE_URL', () => {
  let database: TestDatabase;
  const roles: string[] = [];
  const role = `test_role_${randomBytes(6).toString('hex')}`;
  const password = `p@ss/${randomBytes(12).toString('base64url')}`;
  beforeAll(async () => {
    database = await createTestDatabase();
    noteSecret(password);
  });
  afterAll(async () => {
    await asSuperuser(database.name, ...roles.map((name) => `DROP OWNED BY ${name} CASCADE`));
    await database.drop();
    await asSuperuser('postgres', ...roles.map((name) => `DROP ROLE ${name}`));
  });

  const urlAs = (name: string): string =>
    database.url.replace('//signet@', `//${name}:${encodeURIComponent(password)}@`);

  async function complaintOf(environment: Readonly<Record<string, string>>): Promise<string> {
    const site = await Site.prepare({ database, environment });
    try {
      const program = new Program(site.environment, 'role.log');
      const { code } = await program.exited;
      expect(code).toBe(1);
      return program.output;
    } finally {
      await site.remove();
    }
  }

  test('the owner of the tables as the server is warned of', async () => {
    const site = await Site.start({ database, environment: { DATABASE_URL: database.url } });
    try {
      expect(site.process.output).toContain(
        'The audit log can be changed by the role of DATABASE_URL: it may change rows, may make functions beside the table, may make schemas, may make triggers, owns the database, owns the schema, owns the table.',
      );
    } finally {
      await site.remove();
    }
  });

  test('the owner of the tables as the server is refused in production', async () => {
    const complaint = await complaintOf({
      DATABASE_URL: database.url,
      NODE_ENV: 'production',
      SMTP_URL: 'smtp://localhost:1',
      PUBLIC_URL: 'https://id.example.org',
    });
    expect(complaint).toContain('Give this URL to MIGRATION_DATABASE_URL');
  });

  describe('the server’s role, where everybody may make things, as up to PostgreSQL 14', () => {
    let open: TestDatabase;
    let server: string;
    beforeEach(async () => {
      open = await createTestDatabase();
      server = new URL(open.serverUrl).username;
      await open.query('GRANT CREATE ON SCHEMA public TO PUBLIC');
      await open.query(`GRANT CREATE ON DATABASE ${open.name} TO ${server}`);
    });
    afterEach(() => open.drop());

    const started = async (environment: Readonly<Record<string, string>>): Promise<string> => {
      const site = await Site.prepare({ database: open, environment });
      try {
        const program = new Program(site.environment, 'role.log');
        const said = (): string | undefined =>
          /may make functions|server started|Drop them/.exec(program.output)?.[0];
        await eventually(() => Promise.resolve(said()));
        await program.kill();
        return program.output;
      } finally {
        await site.remove();
      }
    };

    test('is warned of', async () => {
      expect(await started({ DATABASE_URL: open.serverUrl })).toContain(
        'it may make functions beside the table, may make schemas.',
      );
    });

    test('may not any more once the owner was there', async () => {
      await started({ DATABASE_URL: open.serverUrl, MIGRATION_DATABASE_URL: open.url });
      const client = await connectedTo(open.serverUrl);
      const making = ['CREATE FUNCTION f() RETURNS int RETURN 1', 'CREATE SCHEMA more', SHADOWS];
      for (const statement of making) {
        expect(await refusalOf(client, statement)).toMatch(REFUSED);
      }
      await client.end();
    });

    test('has nothing of its own carried out by the owner', async () => {
      const client = await connectedTo(open.serverUrl);
      // A better match for what the owner calls than PostgreSQL's own function.
      await client.query(
        `CREATE FUNCTION public.pg_advisory_lock(int) RETURNS void LANGUAGE plpgsql AS
         $$ BEGIN EXECUTE 'GRANT UPDATE ON audit_entry TO ${server}'; END $$`,
      );
      const output = await started({
        DATABASE_URL: open.serverUrl,
        MIGRATION_DATABASE_URL: open.url,
      });
      expect(output).toContain(`pg_advisory_lock of ${server}. Drop them.`);
      const attempt = refusalOf(client, 'UPDATE audit_entry SET actor = actor');
      expect(await attempt).toMatch(/^permission denied/);
      await client.end();
    });
  });

  test('a role that is missing is named, where the owner may not make it', async () => {
    const complaint = await complaintOf({
      DATABASE_URL: urlAs(role),
      MIGRATION_DATABASE_URL: database.url,
    });
    expect(complaint).toContain(`CREATE ROLE ${role} LOGIN`);
    expect(complaint).not.toContain(password);
  });

  test('a role that has no rights is told where they come from', async () => {
    await asSuperuser('postgres', `CREATE ROLE ${role}_b LOGIN`);
    roles.push(`${role}_b`);
    expect(await complaintOf({ DATABASE_URL: urlAs(`${role}_b`) })).toContain(
      'Start once with MIGRATION_DATABASE_URL',
    );
  });

  test('a role that is missing is made, where the owner may, and needs the owner only once', async () => {
    const site = await Site.prepare({
      database,
      environment: {
        DATABASE_URL: urlAs(role),
        MIGRATION_DATABASE_URL: database.url.replace('//signet@', '//postgres@'),
      },
    });
    try {
      await site.start();
      roles.push(role);
      expect(await administrator(site)).toEqual(expect.any(String));
      expect(site.process.output).not.toContain('The audit log can be changed');
      await site.process.terminate();
    } finally {
      await site.remove();
    }
    const [row] = await superuserQuery<{ verifier: string }>(
      `SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = '${role}'`,
    );
    expect(row?.verifier).toMatch(/^SCRAM-SHA-256\$4096:/);
    const alone = await Site.start({ database, environment: { DATABASE_URL: urlAs(role) } });
    expect(await administrator(alone)).toEqual(expect.any(String));
    await alone.remove();
  });
});

async function embeddedAt(
  { dataDir }: Site,
  user: string,
): Promise<ConstructorParameters<typeof Client>[0]> {
  const pid = await postmasterPid(dataDir);
  if (pid === undefined) throw new Error('There is no PostgreSQL.');
  const lines = (await readFile(`${dataDir}/postgres/postmaster.pid`, 'utf8')).split('\n');
  return { host: lines[4] ?? '', port: Number(lines[3]), user, database: 'signet' };
}

async function superuserQuery<Row extends object>(
  statement: string,
  name = 'postgres',
): Promise<Row[]> {
  const url = databaseUrl({ postgres: { ...testRun().postgres, user: 'postgres' } }, name);
  const client = await connectedTo(url);
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

async function asSuperuser(name: string, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await superuserQuery(statement, name);
}
