import { realpath } from 'node:fs/promises';
import { chooseAccount } from './account.js';
import { connectionsTo } from './application-database.js';
import { clusterFolder } from './cluster.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { findPostmaster, socketFolderOf } from './postmaster.js';

/** The way into the database of a server that runs on DATA_DIR and goes on running; undefined where none does. */
export async function findRunningPostgres(
  dataDir: string,
  database = 'signet',
): Promise<EmbeddedPostgres['connection'] | undefined> {
  const folder = await realpath(dataDir).catch(() => undefined);
  if (folder === undefined) return undefined;
  const dataFolder = clusterFolder(folder);
  const { running } = await findPostmaster(dataFolder, await chooseAccount(dataFolder));
  const host = running === undefined ? undefined : await socketFolderOf(dataFolder);
  return host === undefined ? undefined : connectionsTo(host, database).connection;
}
