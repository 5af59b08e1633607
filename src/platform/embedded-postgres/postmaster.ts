import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../../kernel/startup-error.js';
import { findProcess, isAlive, type RunningProcess } from '../processes.js';
import { COMMAND_ENVIRONMENT, spawnIdentity, type Account } from './account.js';

/** What `postmaster.pid` says. */
interface PidFile {
  readonly pid: number;
  readonly socketFolder: string;
  /** `starting`, `ready`, `stopping`; empty in the first moments. */
  readonly status: string;
}

/** PostgreSQL's main process on one data folder. */
export interface Postmaster {
  readonly pid: number;
  readonly startMark: string;
}

export interface Found {
  /** Alive and serving this folder. */
  readonly running?: Postmaster;
  /** Named in `postmaster.pid`, but dead, or another program by now. */
  readonly stalePid?: number;
}

/** A name for the folder that stays when it is moved and is another for a copy: its inode. */
export async function clusterName(dataFolder: string): Promise<string> {
  return `signet-${String((await stat(dataFolder)).ino)}`;
}

/** Looks for a server that outlived the process that had started it. */
export async function findPostmaster(dataFolder: string, account: Account): Promise<Found> {
  const file = await readPidFile(dataFolder);
  if (file === undefined) return {};
  const found = await findProcess(file.pid);
  // PostgreSQL serves only a folder of its own user, so another user's process merely got the same pid.
  if (found?.uid !== account.uid) return { stalePid: file.pid };
  if (found.commandLine.includes(`cluster_name=${await clusterName(dataFolder)}`)) {
    return { running: found };
  }
  if (isElsewhere(found) || !(await mayServe(found, dataFolder))) return { stalePid: file.pid };
  throw new StartupError(
    `Process ${String(file.pid)} is a PostgreSQL server on ${dataFolder} that Signet has not started. Stop it first.`,
  );
}

function isElsewhere({ commandLine }: RunningProcess): boolean {
  const [program = ''] = commandLine;
  const isPostgres = program.startsWith('postgres:') || basename(program) === 'postgres';
  return !isPostgres || commandLine.some((word) => word.startsWith('cluster_name=signet-'));
}

/** A server works in its data folder. Where that cannot be seen, it may. */
async function mayServe({ pid }: RunningProcess, dataFolder: string): Promise<boolean> {
  const workingFolder = await readlink(`/proc/${String(pid)}/cwd`).catch(() => undefined);
  return workingFolder === undefined || workingFolder === dataFolder;
}

/** Waits until the server takes connections, however long its recovery takes; false when it ends instead. */
export async function becomesReady(
  dataFolder: string,
  { pid, startMark }: Postmaster,
  onLongWait: () => void,
): Promise<boolean> {
  for (let round = 1; ; round++) {
    const file = await readPidFile(dataFolder);
    if (file?.pid === pid && file.status === 'ready') return true;
    if (!(await isAlive(pid, startMark))) return false;
    if (round % 1000 === 0) onLongWait();
    await sleep(10);
  }
}

export async function socketFolderOf(dataFolder: string): Promise<string | undefined> {
  return (await readPidFile(dataFolder))?.socketFolder;
}

// PostgreSQL, src/include/utils/pidfile.h
async function readPidFile(dataFolder: string): Promise<PidFile | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.trim());
  return { pid: Number(lines[0]), socketFolder: lines[4] ?? '', status: lines[7] ?? '' };
}

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly dataFolder: string;
  readonly account: Account;
  readonly logFile: number;
  readonly stalePid: number | undefined;
}

/** Starts the server in a session of its own, so that a terminal's Ctrl-C ends it only after the drain. */
export async function launch(options: Launch): Promise<Postmaster | undefined> {
  const { stalePid, logFile, account } = options;
  const child = spawn(options.program, options.args, {
    cwd: options.dataFolder,
    detached: true,
    // PostgreSQL takes a lock file with this pid for stale, and still makes sure that no backend of the dead
    // server holds its shared memory, which removing the file would have skipped.
    env: stalePid ? withGrandparent(stalePid) : COMMAND_ENVIRONMENT,
    stdio: ['ignore', logFile, logFile],
    ...spawnIdentity(account),
  });
  await spawned(child);
  child.unref();
  return child.pid === undefined ? undefined : findProcess(child.pid);
}

const withGrandparent = (pid: number): NodeJS.ProcessEnv => ({
  ...COMMAND_ENVIRONMENT,
  PG_GRANDPARENT_PID: String(pid),
});

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

/** Ever harder ways to end, each with the time that it gets: fast shutdown, immediate shutdown, no choice. */
const SHUTDOWN = [
  { signal: 'SIGINT', waitMilliseconds: 5000 },
  { signal: 'SIGQUIT', waitMilliseconds: 6000 },
  { signal: 'SIGKILL', waitMilliseconds: 5000 },
] as const;

/** Ends the server and waits until it is gone. */
export async function shutDown(
  { pid, startMark }: Postmaster,
  onEscalation: (signal: string) => void,
): Promise<void> {
  for (const { signal, waitMilliseconds } of SHUTDOWN) {
    if (!(await isAlive(pid, startMark))) return;
    if (signal !== 'SIGINT') onEscalation(signal);
    process.kill(pid, signal);
    for (let waited = 0; waited < waitMilliseconds; waited += 5) {
      if (!(await isAlive(pid, startMark))) return;
      await sleep(5);
    }
  }
  throw new Error(`PostgreSQL, process ${String(pid)}, does not end.`);
}
