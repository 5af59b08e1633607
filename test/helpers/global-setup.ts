import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import type * as AppModule from '../../src/app';
import type * as ConfigModule from '../../src/config';
import type * as PostgresModule from '../../src/platform/embedded-postgres/embedded-postgres';
import { buildServer } from './processes/build';
import { databaseUrl, publishRun, serverUrl, TEMPLATE, type TestRun } from './run';

declare global {
  var signetTestPostgres: PostgresModule.EmbeddedPostgres | undefined;
}

const ROOT = resolve(__dirname, '../..');

/** One PostgreSQL for the whole run, and in it a template: migrated, with its authority, rules and administrator. */
export default async function setUp(): Promise<void> {
  await buildServer();
  const { startApp } = await compiled<typeof AppModule>('app');
  const { loadConfig } = await compiled<typeof ConfigModule>('config');
  const { startEmbeddedPostgres } = await compiled<typeof PostgresModule>(
    'platform/embedded-postgres/embedded-postgres',
  );
  const folder = await mkdtemp(join(tmpdir(), 'signet-test-'));
  await mkdir(join(folder, 'evidence'));
  const silent = { info: () => undefined, warn: () => undefined };
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    database: TEMPLATE,
    log: silent,
  });
  globalThis.signetTestPostgres = postgres;
  const { host, port, user } = postgres.connection;
  await letTestsInterfere({ host, port });
  const run: TestRun = {
    folder,
    postgres: { host, port, user },
    masterKey: randomBytes(32).toString('base64'),
    adminPassword: `admin ${randomBytes(9).toString('base64url')}`,
  };
  publishRun(run);
  const app = await startApp(
    loadConfig({
      PORT: '0',
      DATA_DIR: join(folder, 'template'),
      DATABASE_URL: serverUrl(run, TEMPLATE),
      MIGRATION_DATABASE_URL: databaseUrl(run, TEMPLATE),
      MASTER_KEY: run.masterKey,
      ADMIN_PASSWORD: run.adminPassword,
      ADMIN_EMAIL: 'admin@example.org',
      PKI_URL: 'http://pki.example.org',
      LOG_LEVEL: 'silent',
    }),
  );
  await app.stop();
}

/** Tests look at the connections of servers and end them, as the owner of their databases. */
async function letTestsInterfere(at: {
  readonly host: string;
  readonly port: number;
}): Promise<void> {
  const client = new Client({ ...at, user: 'postgres', database: 'postgres' });
  await client.connect();
  await client.query('GRANT pg_read_all_stats, pg_signal_backend TO signet');
  await client.end();
}

/** Jest does not map the sources' `.js` imports here, so the compiled server is taken. */
async function compiled<Module>(path: string): Promise<Module> {
  return (await import(join(ROOT, 'dist/src', `${path}.js`))) as Module;
}
