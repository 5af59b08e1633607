import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config.js';
import { migrateOutbox } from '../../edge/jobs/outbox-worker.js';
import { databaseSchema } from '../../entities.js';
import { WRITTEN_ENTRY_COLUMNS } from '../../features/audit/audit.service.js';
import { WRITTEN_SEAL_COLUMNS } from '../../features/audit/audit-seal.service.js';
import { StartupError } from '../../kernel/startup-error.js';
import {
  admitServer,
  ensureLogin,
  foreignFunctions,
  waysToChange,
  type AppendOnlyTable,
} from '../../platform/database/database-roles.js';
import { createDataSource, type DatabaseConnection } from '../../platform/database/database.js';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres/embedded-postgres.js';
import type { Logger } from '../../platform/logger.js';
import { poolOf } from '../../platform/scope.js';
import { hasCode } from '../../platform/system-errors.js';
import { databaseProblem } from './start-problems.js';
import type { Teardown } from './teardown.js';

const END_DATABASE_MS = 10_000;
const INSUFFICIENT_PRIVILEGE = '42501';

const APPEND_ONLY: readonly AppendOnlyTable[] = [
  { table: 'audit_entry', columns: WRITTEN_ENTRY_COLUMNS },
  { table: 'audit_seal', columns: WRITTEN_SEAL_COLUMNS },
];

export interface OpenDatabase {
  readonly source: DataSource;
  /** Of the role as which the server works. */
  readonly connection: DatabaseConnection;
  /** PostgreSQL as it is: `embedded` with its version, or `external`. */
  readonly description: string;
}

interface Place {
  readonly connection: DatabaseConnection;
  /** Null where the server's own role is all there is. */
  readonly owner: DatabaseConnection | null;
  readonly description: string;
}

/**
 * The database with the tables of this release. Whoever owns them makes them, over a connection of his own that is closed then;
 * the server works as a role that owns nothing and could not change the audit log.
 * @throws StartupError where it cannot be reached, or not be used as it is
 */
export async function openDatabase(
  config: Config,
  log: Logger,
  teardown: Teardown,
): Promise<OpenDatabase> {
  const { connection, owner, description } = await placeOf(config, log, teardown);
  if (owner !== null) await prepare(owner, connection, { config, log });
  const source = createDataSource(connection, databaseSchema, config.poolSize);
  await connect(source, config, 'DATABASE_URL');
  teardown.add(() => source.destroy());
  if (owner === null) await migrate(source, log);
  await checkAuditLog(source, config, log);
  return { source, connection, description };
}

async function placeOf(config: Config, log: Logger, teardown: Teardown): Promise<Place> {
  const { databaseUrl, migrationDatabaseUrl, dataDir } = config;
  if (databaseUrl !== null) {
    const owner = migrationDatabaseUrl === null ? null : { url: migrationDatabaseUrl };
    return { connection: { url: databaseUrl }, owner, description: 'external' };
  }
  const embedded = await startEmbeddedPostgres({ dataDir, log });
  teardown.add(() => embedded.stop(), END_DATABASE_MS);
  const { connection: owner, serverConnection: connection, version } = embedded;
  return { connection, owner, description: `embedded ${version}` };
}

async function prepare(
  owner: DatabaseConnection,
  server: DatabaseConnection,
  { config, log }: { config: Config; log: Logger },
): Promise<void> {
  const source = createDataSource(owner, databaseSchema, 2);
  await connect(source, config, 'MIGRATION_DATABASE_URL');
  try {
    await refuseForeignFunctions(source);
    const { name, password } = loginOf(server);
    await migrate(source, log, async (client) => {
      const login = await ensureLogin(client, { name, password });
      if (login === 'made') log.info({ role: name }, 'database role made');
      if (login === 'missing') {
        throw new StartupError(
          `DATABASE_URL names a role that does not exist: CREATE ROLE ${name} LOGIN PASSWORD '…';`,
        );
      }
      await admitServer(client, name, APPEND_ONLY);
    });
  } finally {
    await source.destroy();
  }
}

/** @throws StartupError where the owner's statements might call what somebody else has put there */
async function refuseForeignFunctions(source: DataSource): Promise<void> {
  const client = await poolOf(source).connect();
  try {
    const found = await foreignFunctions(client);
    if (found.length === 0) return;
    throw new StartupError(
      `There are functions in the schema that other roles have made, and that would run with the owner’s rights: ${found.join(', ')}. Drop them.`,
    );
  } finally {
    client.release();
  }
}

function loginOf(connection: DatabaseConnection): { name: string; password: string } {
  if (!('url' in connection)) return { name: connection.user, password: '' };
  const { username, password } = new URL(connection.url);
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
}

async function connect(
  source: DataSource,
  { databaseUrl }: Config,
  variable: 'DATABASE_URL' | 'MIGRATION_DATABASE_URL',
): Promise<void> {
  try {
    await source.initialize();
  } catch (cause) {
    if (databaseUrl === null) throw cause;
    throw databaseProblem(cause, variable);
  }
}

/** Two instances that start together migrate one after the other. */
async function migrate(
  source: DataSource,
  log: Logger,
  andThen: (client: PoolClient) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const pool = poolOf(source);
  const client = await pool.connect();
  let isLocked = false;
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('signet migrations'))`);
    isLocked = true;
    await source.runMigrations();
    await migrateOutbox(pool, log);
    await client.query('BEGIN');
    await andThen(client);
    await client.query('COMMIT');
    await client.query(`SELECT pg_advisory_unlock(hashtext('signet migrations'))`);
    isLocked = false;
  } catch (cause) {
    if (!hasCode(cause, INSUFFICIENT_PRIVILEGE)) throw cause;
    throw new StartupError(
      'The tables in the database are not those of this release, and its role may not change them. ' +
        'Start once with MIGRATION_DATABASE_URL, of the role that owns them.',
      { cause },
    );
  } finally {
    client.release(isLocked);
  }
}

/** @throws StartupError in production, where the server's own role could change what the audit log says */
async function checkAuditLog(
  source: DataSource,
  { production }: Config,
  log: Logger,
): Promise<void> {
  const client = await poolOf(source).connect();
  try {
    const tables = APPEND_ONLY.map(({ table }) => table);
    const found = await waysToChange(client, tables);
    if (found.length === 0) return;
    const problem =
      `The audit log can be changed by the role of DATABASE_URL: it ${found.join(', ')}. ` +
      'Give this URL to MIGRATION_DATABASE_URL, and another role’s to DATABASE_URL.';
    if (production) throw new StartupError(problem);
    log.warn(problem);
  } finally {
    client.release();
  }
}
