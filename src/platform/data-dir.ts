import { chmod, mkdir, readdir, readlink, realpath, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../kernel/startup-error.js';
import { findProcess, isAlive } from './processes.js';
import { hasCode } from './system-errors.js';

/** Held by the one server process that uses a DATA_DIR. */
export interface DataDirLock {
  /** Gives the folder free for another process. May be called more than once. */
  release(): Promise<void>;
}

const RELEASED = 'released';
const LOCK_NAME = /^lock\.(\d+)$/;

/**
 * Makes the folder, private to this user, and takes it for this process. Throws when another living process has it;
 * what a killed process left behind is taken over.
 *
 * Each holder stands in a symbolic link `lock.N -> PID START`, which comes into being at once, with its content, and
 * only once. A successor makes `lock.N+1`, and only then may lower ones go: so the highest number never comes back,
 * and of several processes that find a dead holder one alone succeeds.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  await makeDataDir(dataDir);
  const folder = await realpath(dataDir);
  const self = await findProcess(process.pid);
  if (self === undefined) throw new Error('This process cannot read its own start time.');
  const holder = `${String(self.pid)} ${self.startMark}`;
  for (;;) {
    const mine = await tryNext(folder, holder);
    if (mine !== undefined) return heldLock(folder, mine);
  }
}

/** The PostgreSQL of a server that runs as root has a user of its own, who must be let through, but not look around. */
export async function makeDataDir(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true, mode: modeOfDataDir() });
  if (made !== undefined) await chmod(dataDir, modeOfDataDir());
}

const modeOfDataDir = (): number => (process.getuid?.() === 0 ? 0o711 : 0o700);

async function tryNext(folder: string, holder: string): Promise<number | undefined> {
  const highest = Math.max(0, ...(await lockNumbers(folder)));
  if (highest > 0) await refuseWhenHeld(folder, highest);
  const mine = highest + 1;
  if (!(await makeLink(holder, lockPath(folder, mine)))) return undefined;
  const others = (await lockNumbers(folder)).filter((number) => number !== mine);
  // Whoever was so slow that others came and went meanwhile has made a number of the past.
  if (others.some((number) => number > mine)) {
    await remove(lockPath(folder, mine));
    return undefined;
  }
  await Promise.all(others.map((number) => remove(lockPath(folder, number))));
  return mine;
}

async function refuseWhenHeld(folder: string, number: number): Promise<void> {
  const holder = await readlink(lockPath(folder, number)).catch(ignore('ENOENT'));
  if (holder === undefined || holder === RELEASED) return;
  const space = holder.indexOf(' ');
  const pid = Number(holder.slice(0, space));
  if (!(await isAlive(pid, holder.slice(space + 1)))) return;
  throw new StartupError(
    `Another Signet server, process ${String(pid)}, uses DATA_DIR ${folder}. ` +
      'Stop it, choose another DATA_DIR, or set DATABASE_URL for several servers.',
  );
}

function heldLock(folder: string, mine: number): DataDirLock {
  let released: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    await makeLink(RELEASED, lockPath(folder, mine + 1));
    await remove(lockPath(folder, mine));
  };
  return { release: () => (released ??= release()) };
}

async function lockNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => LOCK_NAME.exec(name)?.[1] ?? []).map(Number);
}

async function makeLink(content: string, path: string): Promise<boolean> {
  return symlink(content, path).then(() => true, ignore('EEXIST', false));
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch(ignore('ENOENT'));
}

const lockPath = (folder: string, number: number): string => join(folder, `lock.${String(number)}`);

function ignore<T = undefined>(code: string, instead?: T): (error: unknown) => T {
  return (error) => {
    if (hasCode(error, code)) return instead as T;
    throw error;
  };
}
