import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { databaseSchema } from '../entities.js';
import { KeyRing } from '../kernel/secrets.js';
import { StartupError } from '../kernel/startup-error.js';
import { createDataSource, type DatabaseConnection } from '../platform/database/database.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { findRunningPostgres } from '../platform/embedded-postgres/running.js';
import { keptMasterKey } from '../platform/master-key.js';
import { hasCode } from '../platform/system-errors.js';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * For the commands of the server's own console: the database of DATABASE_URL, or the embedded one under DATA_DIR, whether its
 * server runs or not. Makes none.
 * @throws StartupError where there is none, or one of another release
 */
export async function withDatabase<T>(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  if (databaseUrl !== null) return withSource({ url: databaseUrl }, work);
  const running = await findRunningPostgres(dataDir);
  if (running !== undefined) return withSource(running, work);
  if (!existsSync(join(dataDir, 'postgres'))) {
    throw new StartupError(
      `There is no database in ${dataDir}. Set DATA_DIR to the server's, or DATABASE_URL.`,
    );
  }
  const silent = { info: () => undefined, warn: () => undefined };
  const embedded = await startEmbeddedPostgres({ dataDir, log: silent });
  try {
    return await withSource(embedded.connection, work);
  } finally {
    await embedded.stop();
  }
}

/** Of that server: MASTER_KEY, or what lies under its DATA_DIR. */
export async function ownKeys({
  masterKey,
  dataDir,
}: Pick<Config, 'masterKey' | 'dataDir'>): Promise<KeyRing> {
  return new KeyRing(masterKey ?? (await keptMasterKey(dataDir)));
}

async function withSource<T>(
  connection: DatabaseConnection,
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  const source = createDataSource(connection, databaseSchema, 1);
  await source.initialize().catch((cause: unknown) => {
    throw new StartupError('The database does not answer.', { cause });
  });
  try {
    if (await isOfAnotherRelease(source)) {
      throw new StartupError(
        'The database is not of this release. Start its server once, then repeat this.',
      );
    }
    return await work(source);
  } finally {
    await source.destroy();
  }
}

/** Where there are no tables yet, a role that may not make any learns it so. */
function isOfAnotherRelease(source: DataSource): Promise<boolean> {
  return source.showMigrations().catch((cause: unknown) => {
    if (hasCode(cause, INSUFFICIENT_PRIVILEGE)) return true;
    throw cause;
  });
}
