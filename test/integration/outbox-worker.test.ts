import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { transformFile } from '@swc/core';
import { Pool } from 'pg';
import { outboxTask, type OutboxWork } from '../../src/edge/jobs/outbox-task.js';
import {
  migrateOutbox,
  startOutboxWorker,
  type OutboxWorker,
} from '../../src/edge/jobs/outbox-worker.js';
import { pgConnection } from '../../src/platform/database/database.js';
import { createLogger } from '../../src/platform/logger.js';
import { enqueue, outboxJob } from '../../src/platform/outbox.js';
import { unlockAbandonedJobs } from '../../src/platform/outbox-presence.js';
import type { ChangeScope } from '../../src/platform/scope.js';
import { createTestDatabase } from '../helpers/database.js';
import type { ChildTask } from './outbox-worker-child.js';

const log = createLogger({ level: 'silent', file: null });
const slow = outboxJob<{ id: string }>('slow', 3);
const once1 = outboxJob<{ id: string }>('once', 1);
type Job = typeof slow;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
const pools: Pool[] = [];
const workers: OutboxWorker[] = [];
const children: ChildProcess[] = [];
let folder: string | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = newPool();
  await migrateOutbox(pool, log);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await Promise.all(pools.splice(0).map((each) => each.end()));
  await database.drop();
  if (folder !== undefined) await rm(folder, { recursive: true });
  folder = undefined;
});

function newPool(): Pool {
  const created = new Pool({ ...pgConnection(database.connection), max: 10 });
  pools.push(created);
  return created;
}

/** As a server of its own: own pool, own worker. */
async function startWorker(
  job: Job,
  work: Partial<OutboxWork<{ id: string }>>,
): Promise<OutboxWorker> {
  const nothing = (): Promise<void> => Promise.resolve();
  const tasks = [outboxTask(job, { run: nothing, giveUp: nothing, ...work })];
  const worker = await startOutboxWorker({ pool: newPool(), log, tasks });
  workers.push(worker);
  return worker;
}

async function add(job: Job, id: string): Promise<void> {
  const scope = {
    sql: async (name: string, text: string, values: unknown[]) =>
      (await pool.query({ name, text, values })).rows as unknown[],
  };
  await enqueue(scope as unknown as ChangeScope, job, { id });
}

interface JobRow {
  attempts: number;
  locked_by: string | null;
  last_error: string | null;
}

async function jobs(): Promise<JobRow[]> {
  const { rows } = await pool.query<JobRow>(
    'SELECT attempts, locked_by, last_error FROM graphile_worker.jobs ORDER BY id',
  );
  return rows;
}

/** Lets jobs run now that wait for their next attempt. */
async function hurry(): Promise<void> {
  await pool.query(
    'SELECT graphile_worker.reschedule_jobs(ARRAY[id], run_at := now()) FROM graphile_worker.jobs',
  );
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

async function startChild(): Promise<ChildProcess> {
  const root = resolve(__dirname, '../..');
  folder = await mkdtemp(join(tmpdir(), 'signet-outbox-'));
  const sources = [
    'test/integration/outbox-worker-child.ts',
    'src/edge/jobs/outbox-task.ts',
    'src/edge/jobs/outbox-worker.ts',
    'src/platform/logger.ts',
    'src/platform/outbox.ts',
    'src/platform/outbox-presence.ts',
  ];
  for (const source of sources) {
    const { code } = await transformFile(join(root, source), { cwd: root });
    const target = join(folder, source.replace(/ts$/, 'js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const child = fork(join(folder, 'test/integration/outbox-worker-child.js'));
  children.push(child);
  const task: ChildTask = pgConnection(database.connection);
  child.send(task);
  return child;
}

describe('the outbox', () => {
  test('runs each job once, however many servers there are', async () => {
    const seen: string[] = [];
    const run = ({ id }: { id: string }): Promise<void> => {
      seen.push(id);
      return Promise.resolve();
    };
    await Promise.all([startWorker(slow, { run }), startWorker(slow, { run })]);
    const ids = Array.from({ length: 40 }, (_, i) => String(i));
    await Promise.all(ids.map((id) => add(slow, id)));
    await until(async () => (await jobs()).length === 0);
    expect(seen.sort()).toEqual(ids.sort());
  });

  test('keeps of an error only its name, as the message could hold anything', async () => {
    const run = (): Promise<void> => Promise.reject(new TypeError('code 123456'));
    await startWorker(slow, { run });
    await add(slow, 'a');
    await until(async () => typeof (await jobs())[0]?.last_error === 'string');
    expect(await jobs()).toMatchObject([
      {
        attempts: 1,
        locked_by: null,
        last_error: expect.stringMatching(/^TypeError: see the log at job \d+\.$/) as string,
      },
    ]);
  });

  test('tries again after a failure, and is done after a success', async () => {
    let attempts = 0;
    await startWorker(slow, {
      run: () => {
        attempts += 1;
        return attempts < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      },
    });
    await add(slow, 'a');
    await until(async () => {
      await hurry();
      return (await jobs()).length === 0;
    });
    expect(attempts).toBe(3);
  });

  test('gives up after the last attempt, says so once, and forgets the job', async () => {
    const givenUp: string[] = [];
    await startWorker(once1, {
      run: () => Promise.reject(new Error('never')),
      giveUp: ({ id }) => {
        givenUp.push(id);
        return Promise.resolve();
      },
    });
    await add(once1, 'a');
    await until(async () => (await jobs()).length === 0);
    expect(givenUp).toEqual(['a']);
  });

  test('a job whose giving up failed is taken up again by the next server', async () => {
    const failing = (): Promise<void> => Promise.reject(new Error('no'));
    const first = await startWorker(once1, { run: failing, giveUp: failing });
    await add(once1, 'a');
    await until(async () => typeof (await jobs())[0]?.last_error === 'string');
    await first.stop();
    workers.length = 0;
    const givenUp: string[] = [];
    await startWorker(once1, {
      run: failing,
      giveUp: ({ id }) => {
        givenUp.push(id);
        return Promise.resolve();
      },
    });
    await until(async () => {
      await hurry();
      return givenUp.length > 0;
    });
    expect(givenUp).toEqual(['a']);
  });

  test('stopping hands a job back that does not end', async () => {
    let isRunning = false;
    const worker = await startWorker(slow, {
      run: async () => {
        isRunning = true;
        await new Promise<void>(() => undefined);
      },
    });
    await add(slow, 'a');
    await until(() => isRunning);
    await worker.stop();
    workers.length = 0;
    expect(await jobs()).toMatchObject([{ attempts: 1, locked_by: null }]);
  });

  test('stopping lets a job finish that is about to', async () => {
    let finish: () => void = () => undefined;
    let isRunning = false;
    const worker = await startWorker(slow, {
      run: () => {
        isRunning = true;
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
    });
    await add(slow, 'a');
    await until(() => isRunning);
    const stopped = worker.stop();
    workers.length = 0;
    finish();
    await stopped;
    expect(await jobs()).toEqual([]);
  });

  test('the job of a killed process is taken over, that of a living one is not', async () => {
    const child = await startChild();
    await add(slow, 'a');
    await once(child, 'message');
    expect(await unlockAbandonedJobs(pool)).toBe(0);
    expect(await jobs()).toMatchObject([{ locked_by: expect.any(String) as string }]);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const seen: string[] = [];
    await startWorker(slow, {
      run: ({ id }) => {
        seen.push(id);
        return Promise.resolve();
      },
    });
    await until(() => seen.length > 0);
    expect(seen).toEqual(['a']);
  });

  test('goes on after all its connections broke', async () => {
    const seen: string[] = [];
    await startWorker(slow, {
      run: ({ id }) => {
        seen.push(id);
        return Promise.resolve();
      },
    });
    await add(slow, 'before');
    await until(() => seen.length === 1);
    await pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await add(slow, 'after');
    await until(() => seen.length === 2);
    await until(async () => {
      const { rows } = await pool.query(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      );
      return rows.length === 1;
    });
    expect(seen).toEqual(['before', 'after']);
  });

  test('two servers may set it up at the same time', async () => {
    await pool.query('DROP SCHEMA graphile_worker CASCADE');
    await Promise.all([migrateOutbox(newPool(), log), migrateOutbox(newPool(), log)]);
    expect(await jobs()).toEqual([]);
  });
});
