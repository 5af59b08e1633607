import { chown, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../../kernel/startup-error.js';
import { canEnter, runAs, type Account } from './account.js';
import type { Binaries } from './binaries.js';
import { unavailable } from './unavailable.js';

const SCRATCH_PREFIX = 'postgres.new-';

/** The bootstrap superuser, used to set up the application's role and database only. */
export const SUPERUSER = 'postgres';

/** The folder of the data, made by `initdb` when there is none. A half-made one never stands under this name. */
export async function ensureCluster(
  dataDir: string,
  account: Account,
  binaries: Binaries,
): Promise<void> {
  const dataFolder = clusterFolder(dataDir);
  await removeScratch(dataDir);
  const names = await readdir(dataFolder).catch(() => []);
  if (names.length === 0) return initialise(dataDir, account, binaries);
  await checkVersion(dataFolder, binaries);
}

export const clusterFolder = (dataDir: string): string => join(dataDir, 'postgres');

async function initialise(dataDir: string, account: Account, binaries: Binaries): Promise<void> {
  const scratch = await mkdtemp(join(dataDir, SCRATCH_PREFIX));
  if (account.switched) await chown(scratch, account.uid, account.gid);
  const { succeeded, output } = await runAs(
    account,
    join(binaries.folder, 'initdb'),
    ['-D', await pathFor(account, scratch), '-U', SUPERUSER, '-E', 'UTF8', ...locale(), ...trust()],
    scratch,
  );
  if (!succeeded) {
    await rm(scratch, { recursive: true, force: true });
    throw unavailable(`initdb: ${output}`);
  }
  await rename(scratch, clusterFolder(dataDir));
  await syncFolder(dataDir);
}

function locale(): string[] {
  const builtin = '--locale-provider=builtin';
  // The builtin provider knows C.UTF-8 everywhere, older macOS itself does not.
  if (process.platform === 'darwin') return [builtin, '--builtin-locale=C.UTF-8', '--locale=C'];
  return [builtin, '--locale=C.UTF-8'];
}

/** Who may open the socket's folder may also read the data; a password would protect nothing. */
const trust = (): string[] => ['--auth=trust'];

/**
 * How the account's programs name a folder that is their working directory. They need no path to it then, so data
 * under a private home stay where they belong.
 */
export async function pathFor(account: Account, folder: string): Promise<string> {
  if (await canEnter(account, folder)) return folder;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw unavailable(`User ${String(account.uid)}, as whom it would run, cannot reach ${folder}`);
}

async function checkVersion(dataFolder: string, { version }: Binaries): Promise<void> {
  const found = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (found === undefined) throw new StartupError(`${dataFolder} is no data folder of PostgreSQL.`);
  const [wanted, major] = [version.split('.')[0] ?? '', found.trim()];
  if (major === wanted) return;
  throw new StartupError(
    `${dataFolder} was written by PostgreSQL ${major}, and this is PostgreSQL ${wanted}, which cannot read it. ` +
      `Dump it with the Signet release that brought PostgreSQL ${major} (pg_dump), move the folder away, ` +
      'start this release once, and restore the dump (psql); or set DATABASE_URL.',
  );
}

/** What an initdb that was killed has left; one that still runs may write meanwhile. */
async function removeScratch(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith(SCRATCH_PREFIX));
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  await Promise.all(names.map((name) => rm(join(dataDir, name), options)));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}
