import { execFile } from 'node:child_process';
import { mkdir, readdir, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '../../..');
const STAMP = join(ROOT, 'dist', '.built');
const LOCK = join(ROOT, 'dist', '.building');
const PAUSE_MS = 200;
const LOCK_IS_OLD_MS = 120_000;

/** Compiles the server where a source is newer, one run after the other: files that are written while another reads them break it. */
export async function buildServer(): Promise<void> {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  await lock();
  try {
    const newest = await newestSource();
    if ((await modified(STAMP)) >= newest) return;
    await promisify(execFile)('npm', ['run', 'build:server', '--silent'], { cwd: ROOT });
    await writeFile(STAMP, '');
    await utimes(STAMP, newest / 1000, newest / 1000);
  } finally {
    await rmdir(LOCK);
  }
}

async function lock(): Promise<void> {
  for (;;) {
    const isMine = await mkdir(LOCK).then(
      () => true,
      () => false,
    );
    if (isMine) return;
    if (Date.now() - (await modified(LOCK)) > LOCK_IS_OLD_MS) await rmdir(LOCK).catch(() => null);
    await sleep(PAUSE_MS);
  }
}

async function newestSource(): Promise<number> {
  const entries = await Promise.all(
    ['src', 'bench'].map((folder) =>
      readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }),
    ),
  );
  const files = entries
    .flat()
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(join('src', 'web')))
    .map((entry) => join(entry.parentPath, entry.name));
  const times = await Promise.all([...files, join(ROOT, 'ormconfig.ts')].map(modified));
  return Math.floor(Math.max(...times));
}

async function modified(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return Math.ceil(found?.mtimeMs ?? -1);
}
