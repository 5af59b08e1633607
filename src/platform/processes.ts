import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process that is alive: not gone, and not a zombie that only waits to be reaped. */
export interface RunningProcess {
  readonly pid: number;
  readonly uid: number;
  /** Differs for every process that ever had this pid, across reboots too. */
  readonly startMark: string;
  readonly commandLine: readonly string[];
}

/** The process with this pid, or undefined when none is alive. */
export async function findProcess(pid: number): Promise<RunningProcess | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return (await bootId()) === undefined ? findByPs(pid) : findInProc(pid);
}

/** Whether exactly this process, and no later one under its pid, is still alive. */
export async function isAlive(pid: number, startMark: string): Promise<boolean> {
  return (await findProcess(pid))?.startMark === startMark;
}

async function findInProc(pid: number): Promise<RunningProcess | undefined> {
  const [stat, status, commandLine] = await Promise.all(
    ['stat', 'status', 'cmdline'].map((file) => readOrUndefined(`/proc/${String(pid)}/${file}`)),
  );
  if (stat === undefined || status === undefined || commandLine === undefined) return undefined;
  // proc(5): the name in brackets may hold anything, so fields are counted from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = fields[19];
  if (fields[0] === 'Z' || fields[0] === 'X' || startTime === undefined) return undefined;
  return {
    pid,
    uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]),
    // Start times count from the boot, so the same one may come again after the next boot.
    startMark: `${startTime} ${(await bootId()) ?? ''}`,
    commandLine: commandLine.split('\0').slice(0, -1),
  };
}

/** For systems without /proc, such as macOS. */
export async function findByPs(pid: number): Promise<RunningProcess | undefined> {
  const columns = 'uid=,stat=,lstart=,command=';
  const line = await promisify(execFile)('ps', ['-ww', '-o', columns, '-p', String(pid)], {
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
  }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const [uid, state, ...rest] = line.trim().split(/\s+/);
  if (uid === undefined || state === undefined || state.startsWith('Z')) return undefined;
  return {
    pid,
    uid: Number(uid) >>> 0,
    startMark: rest.slice(0, 5).join(' '),
    commandLine: rest.slice(5),
  };
}

async function bootId(): Promise<string | undefined> {
  return (await readOrUndefined('/proc/sys/kernel/random/boot_id'))?.trim();
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
