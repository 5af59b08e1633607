import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { clusterFolder, pathFor } from './cluster.js';
import {
  becomesReady,
  clusterName,
  findPostmaster,
  launch,
  socketFolderOf,
  type Postmaster,
} from './postmaster.js';
import { serverArguments } from './settings.js';
import { makeSocketFolder } from './socket-folder.js';
import { unavailable } from './unavailable.js';

export interface Installation {
  readonly dataDir: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: ServerLog;
}

export interface ServerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Started {
  readonly server: Postmaster;
  readonly socketFolder: string;
  /** True for a server that was found running. */
  readonly adopted: boolean;
}

// The backends of a killed server notice its end at their next wait, after their statement at the latest.
const ATTEMPTS = 100;
const PAUSE_MILLISECONDS = 100;

/** The running server on DATA_DIR, ready for connections; started when there is none. */
export async function adoptOrLaunch(installation: Installation): Promise<Started> {
  const dataFolder = clusterFolder(installation.dataDir);
  const logPath = join(installation.dataDir, 'postgres.log');
  for (let attempt = 1; ; attempt++) {
    const logStart = await stat(logPath).then(
      ({ size }) => size,
      () => 0,
    );
    const { running, stalePid } = await findPostmaster(dataFolder, installation.account);
    const server = running ?? (await launchOn(installation, logPath, stalePid));
    if (server !== undefined && (await becomesReady(dataFolder, server, warnOf(installation)))) {
      const socketFolder = await socketFolderOf(dataFolder);
      if (socketFolder) return { server, socketFolder, adopted: running !== undefined };
    }
    const output = (await readFile(logPath)).subarray(logStart).toString('utf8').trim();
    const passing = running !== undefined || output.includes('is still in use');
    if (!passing || attempt === ATTEMPTS) throw unavailable(`PostgreSQL ended: ${output}`);
    await sleep(PAUSE_MILLISECONDS);
  }
}

function warnOf({ dataDir, log }: Installation): () => void {
  return () => {
    log.warn({ dataDir }, 'PostgreSQL is not ready yet; it may be recovering after a crash');
  };
}

async function launchOn(
  { dataDir, account, binaries, settings }: Installation,
  logPath: string,
  stalePid: number | undefined,
): Promise<Postmaster | undefined> {
  const dataFolder = clusterFolder(dataDir);
  const socketFolder = await makeSocketFolder(dataDir, account);
  const endpoint = { socketFolder, clusterName: await clusterName(dataFolder) };
  const logFile = await open(logPath, 'a', 0o600);
  try {
    return await launch({
      program: join(binaries.folder, 'postgres'),
      args: ['-D', await pathFor(account, dataFolder), ...serverArguments(endpoint, settings)],
      dataFolder,
      account,
      logFile: logFile.fd,
      stalePid,
    });
  } finally {
    await logFile.close();
  }
}
