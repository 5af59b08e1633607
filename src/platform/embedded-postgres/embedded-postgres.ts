import { realpath, rmdir } from 'node:fs/promises';
import { lockDataDir, type DataDirLock } from '../data-dir.js';
import { canEnter, chooseAccount, type Account } from './account.js';
import { connectionsTo, ensureDatabase, type SocketConnection } from './application-database.js';
import { prepareBinaries, type Binaries } from './binaries.js';
import { clusterFolder, ensureCluster } from './cluster.js';
import { findPostmaster, shutDown, type Postmaster } from './postmaster.js';
import { adoptOrLaunch, type Installation, type ServerLog } from './start.js';

export interface EmbeddedPostgres {
  /** The owner's. For `pg.Pool`; the host is the folder of the unix-domain socket, the only way in. */
  readonly connection: SocketConnection;
  /** Of the role that has no rights but those granted to it. */
  readonly serverConnection: SocketConnection;
  readonly version: string;
  /** Ends the server, waits until it is gone, and gives DATA_DIR free. May be called more than once. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Made when missing; the data are in its folder `postgres`, the server's log in `postgres.log`. */
  readonly dataDir: string;
  /** Made when missing. */
  readonly database?: string;
  /** Server settings beside or instead of ours; those that keep the server private cannot be changed. */
  readonly settings?: Readonly<Record<string, string>>;
  /** When the caller has locked DATA_DIR already, and will release it; otherwise it is locked until `stop`. */
  readonly lock?: DataDirLock;
  /** Where root keeps a copy of the programs when both they and DATA_DIR are closed to PostgreSQL's user. */
  readonly cacheFolder?: string;
  readonly log: ServerLog;
}

/**
 * Starts PostgreSQL on DATA_DIR, or adopts the one that outlived a killed server. Throws, with what to do, when another
 * server uses DATA_DIR, the data are of another major version, or PostgreSQL cannot run here.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const lock = options.lock ?? (await lockDataDir(options.dataDir));
  const release = async (): Promise<void> => {
    if (options.lock === undefined) await lock.release();
  };
  try {
    return await startLocked(options, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function startLocked(
  options: EmbeddedPostgresOptions,
  release: () => Promise<void>,
): Promise<EmbeddedPostgres> {
  const dataDir = await realpath(options.dataDir);
  const account = await chooseAccount(clusterFolder(dataDir));
  const binaries = await findBinaries(dataDir, account, options.cacheFolder);
  const { log, settings = {}, database = 'signet' } = options;
  const installation = { dataDir, account, binaries, settings, log };
  const { server, socketFolder, version } = await open(installation, database);
  const stop = async (): Promise<void> => {
    await end(server, log);
    await rmdir(socketFolder).catch(() => undefined);
    await release();
  };
  let stopped: Promise<void> | undefined;
  return {
    ...connectionsTo(socketFolder, database),
    version,
    stop: () => (stopped ??= stop()),
  };
}

async function findBinaries(
  dataDir: string,
  account: Account,
  cacheFolder = '/var/cache/signet',
): Promise<Binaries> {
  const copyFolders = (await canEnter(account, dataDir)) ? [dataDir] : [];
  return prepareBinaries(account, account.switched ? [...copyFolders, cacheFolder] : copyFolders);
}

interface Opened {
  readonly server: Postmaster;
  readonly socketFolder: string;
  readonly version: string;
}

/** Leaves no server behind when it fails. */
async function open(installation: Installation, database: string): Promise<Opened> {
  const { dataDir, account, binaries, log } = installation;
  try {
    await ensureCluster(dataDir, account, binaries);
    const { adopted, server, socketFolder } = await adoptOrLaunch(installation);
    const version = await ensureDatabase(socketFolder, database).catch(async (error: unknown) => {
      if (!adopted) throw error;
      log.warn({ pid: server.pid, error }, 'PostgreSQL found running does not answer: restarting');
      await end(server, log);
      return undefined;
    });
    if (version === undefined) return await open(installation, database);
    const message = adopted ? 'PostgreSQL found running' : 'PostgreSQL started';
    log.info({ pid: server.pid, version, socketFolder }, message);
    return { server, socketFolder, version };
  } catch (error) {
    const { running } = await findPostmaster(clusterFolder(dataDir), account).catch(() => ({
      running: undefined,
    }));
    if (running !== undefined) await end(running, log);
    throw error;
  }
}

function end(server: Postmaster, log: ServerLog): Promise<void> {
  return shutDown(server, (signal) => {
    log.warn({ pid: server.pid, signal }, 'PostgreSQL does not end in time');
  });
}
