import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { Client, Pool } from 'pg';
import { databaseUrl, evidenceFile, serverUrl, TEMPLATE, testRun } from './run';

export interface TestDatabase {
  readonly name: string;
  /** Of the role that owns it. */
  readonly url: string;
  /** Of the role as which a server works. */
  readonly serverUrl: string;
  /** For `createDataSource` and `pg` alike. */
  readonly connection: { readonly url: string };
  /** A statement outside the server, for looking and for putting rows into a state. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Writes its contents to the run's evidence, and drops it. */
  drop(): Promise<void>;
}

/** A database of its own, with schema, authority, default rules and administrator, as after a first start. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const run = testRun();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = databaseUrl(run, name);
  await once(databaseUrl(run, 'postgres'), (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`),
  );
  const pool = new Pool({ connectionString: url, max: 2, allowExitOnIdle: true });
  pool.on('error', () => undefined); // some tests end every connection
  return {
    name,
    url,
    serverUrl: serverUrl(run, name),
    connection: { url },
    query: async (text, values = []) => (await pool.query(text, [...values])).rows,
    drop: async () => {
      await pool.end();
      await once(url, (client) => dump(client, name));
      await once(databaseUrl(run, 'postgres'), (client) =>
        client.query(`DROP DATABASE ${name} WITH (FORCE)`),
      );
    },
  };
}

/** Every row of every table, as text; without numbers of transactions, which may be those of a code of six digits. */
async function dump(client: Client, name: string): Promise<void> {
  const { rows: tables } = await client.query<{ table: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS table FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
  );
  for (const { table } of tables) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'xid')::text AS row FROM ${table} t`,
    );
    const lines = rows.map(({ row }) => `${table} ${row.replaceAll('\n', ' ')}\n`);
    appendFileSync(evidenceFile(`${name}.dump`), lines.join(''));
  }
}

async function once<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
