import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { transformFile } from '@swc/core';
import type { ChildAnswer, ChildTask } from './embedded-postgres-child.js';

const REPOSITORY = resolve(__dirname, '../../..');
const CHILD = 'test/helpers/processes/embedded-postgres-child.ts';
const BINARIES = `@embedded-postgres/${process.platform}-${process.arch}`;

/** A folder under the system's own for temporary files, which every user can reach. */
export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-test-'));
  await chmod(folder, 0o755);
  return folder;
}

/**
 * A small installation of its own: the compiled sources and the packages that they need, as npm leaves them where
 * install scripts do not run (no library links). Gives the child script's path.
 */
export async function makeCheckout(folder: string, { binaries = true } = {}): Promise<string> {
  const platform = await readdir(join(REPOSITORY, 'src/platform/embedded-postgres'));
  const sources = [
    CHILD,
    'src/kernel/startup-error.ts',
    'src/platform/data-dir.ts',
    'src/platform/processes.ts',
    'src/platform/system-errors.ts',
    ...platform.map((name) => `src/platform/embedded-postgres/${name}`),
  ];
  await Promise.all(sources.map((source) => compile(source, folder)));
  for (const name of await withDependencies('pg')) await copyPackage(name, folder);
  if (binaries) await copyPackage(BINARIES, folder);
  return join(folder, CHILD.replace(/ts$/, 'js'));
}

async function compile(source: string, folder: string): Promise<void> {
  const { code } = await transformFile(join(REPOSITORY, source), { cwd: REPOSITORY });
  const target = join(folder, source.replace(/ts$/, 'js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
}

async function withDependencies(name: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const file = join(REPOSITORY, 'node_modules', name, 'package.json');
  const { dependencies } = JSON.parse(await readFile(file, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const dependency of Object.keys(dependencies ?? {})) {
    await withDependencies(dependency, seen);
  }
  return seen;
}

async function copyPackage(name: string, folder: string): Promise<void> {
  await cp(join(REPOSITORY, 'node_modules', name), join(folder, 'node_modules', name), {
    recursive: true,
    filter: async (source) => !(await lstat(source)).isSymbolicLink(),
  });
}

/** Stands in the environment of each child. */
export const CHILD_SECRET = 'in-the-environment';

/** A process of its own that uses the embedded PostgreSQL. */
export class Child {
  private constructor(private readonly process: ChildProcess) {}

  static start(script: string): Child {
    return new Child(
      fork(script, {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        execArgv: [],
        env: { SECRET: CHILD_SECRET },
      }),
    );
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  tell(task: ChildTask): void {
    this.process.send(task);
  }

  async answer(): Promise<ChildAnswer> {
    const [message] = (await once(this.process, 'message')) as [ChildAnswer];
    return message;
  }

  ask(task: ChildTask): Promise<ChildAnswer> {
    const answer = this.answer();
    this.tell(task);
    return answer;
  }

  async stop(): Promise<ChildAnswer> {
    const answer = this.answer();
    this.process.send('stop');
    return answer;
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}

/** Waits for a fact that another process brings about. */
export async function eventually<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 9000; round++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(5);
  }
  throw new Error('What the test waits for has not come about.');
}

export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  return text === '' ? undefined : Number(text.split('\n')[0]);
}
