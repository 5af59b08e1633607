import { readdir, readFile } from 'node:fs/promises';
import { cpus, totalmem, type } from 'node:os';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

/** The machine, in one line. */
export function describeHost(postgresVersion: string): string {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return [
    `${String(cpus().length)} × ${cpu?.model.trim() ?? 'unknown processor'}`,
    `${String(memoryGb)} GB`,
    type(),
    `Node ${process.versions.node}`,
    `PostgreSQL ${postgresVersion}`,
  ].join(', ');
}

/** Processor time of PostgreSQL, all its processes; NaN where there is no /proc. */
export async function postgresCpuMicros(postmaster: number): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readStat(pid)));
  const own = stats.filter(
    (stat) => stat !== undefined && (stat.pid === postmaster || stat.parent === postmaster),
  );
  if (own.length === 0) return Number.NaN;
  const ticks = own.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Processor time of one process. */
export async function processCpuMicros(pid: number): Promise<number> {
  const stat = await readStat(String(pid));
  return ((stat?.ticks ?? Number.NaN) / TICKS_PER_SECOND) * 1e6;
}

/** proc_pid_stat(5). */
async function readStat(
  pid: string,
): Promise<{ pid: number; parent: number; ticks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { pid: Number(pid), parent: Number(fields[1]), ticks };
}
