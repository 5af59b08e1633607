import { setTimeout as sleep } from 'node:timers/promises';
import {
  Logger as GraphileLogger,
  run,
  runMigrations,
  type LogFunctionFactory,
  type Runner,
  type RunnerOptions,
} from 'graphile-worker';
import type { Logger } from '../../platform/logger.js';
import {
  OutboxPresence,
  reviveExhaustedJobs,
  surviveLostConnections,
  unlockAbandonedJobs,
  type OutboxPool,
} from '../../platform/outbox-presence.js';
import { toGraphileTask, type OutboxTask } from './outbox-task.js';

const CONCURRENCY = 4;
const SWEEP_MS = 10_000;
const RESTART_MS = 1000;
/** Running jobs have this long to finish once the worker stops; then they are left for another attempt. */
const FINISH_MS = 3000;
const STOP_MS = 6000;

export interface OutboxWorkerOptions {
  readonly pool: OutboxPool;
  readonly log: Logger;
  readonly tasks: readonly OutboxTask[];
}

export interface OutboxWorker {
  /** Takes no new job, lets the running ones finish or hands them back, and resolves within a few seconds. */
  stop(): Promise<void>;
}

/** Creates or updates the outbox's tables, schema `graphile_worker`. */
export async function migrateOutbox(pool: OutboxPool, log: Logger): Promise<void> {
  surviveLostConnections(pool, log);
  await runMigrations({ pgPool: pool, logger: graphileLogger(log) });
}

/** Carries out the jobs of the outbox, four at a time, each at least once. */
export async function startOutboxWorker(options: OutboxWorkerOptions): Promise<OutboxWorker> {
  surviveLostConnections(options.pool, options.log);
  const supervisor = new Supervisor(options);
  await supervisor.start();
  return supervisor;
}

interface Running {
  readonly runner: Runner;
  readonly presence: OutboxPresence;
}

/** Starts graphile-worker, again where it ended by itself, and looks for jobs that were left behind. */
class Supervisor implements OutboxWorker {
  private readonly stopped = new AbortController();
  private running: Running | undefined;
  private restarting: Promise<void> = Promise.resolve();
  private sweeping: Promise<void> = Promise.resolve();
  private sweepTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: OutboxWorkerOptions) {}

  async start(): Promise<void> {
    await this.sweep();
    await this.run();
    this.sweepTimer = setInterval(() => {
      this.sweeping = this.sweep().catch((error: unknown) => {
        this.options.log.warn({ error }, 'outbox sweep failed');
      });
    }, SWEEP_MS);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    clearInterval(this.sweepTimer);
    await Promise.all([this.restarting, this.sweeping]);
    if (this.running === undefined) return;
    const { runner, presence } = this.running;
    this.running = undefined;
    const ended = runner.stop().catch((error: unknown) => {
      this.options.log.warn({ error }, 'outbox worker did not stop cleanly');
    });
    const patience = new AbortController();
    await Promise.race([
      ended,
      sleep(STOP_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    presence.leave();
  }

  private async run(): Promise<void> {
    const { pool, log, tasks } = this.options;
    const presence = new OutboxPresence(pool, log);
    const taskList = Object.fromEntries(
      tasks.map((task) => [task.name, toGraphileTask(task, log)]),
    );
    const runner = await run({
      pgPool: pool,
      taskList,
      logger: graphileLogger(log),
      noHandleSignals: true,
      parsedCronItems: [],
      preset: preset(presence),
    });
    this.running = { runner, presence };
    const onEnd = (): void => {
      this.onEnd(presence);
    };
    runner.promise.then(onEnd, onEnd);
  }

  private onEnd(presence: OutboxPresence): void {
    if (this.stopped.signal.aborted) return;
    this.options.log.error('outbox worker ended, and is started again');
    presence.leave();
    this.running = undefined;
    this.restarting = this.restart();
  }

  private async restart(): Promise<void> {
    const signal = this.stopped.signal;
    const isToStart = await sleep(RESTART_MS, true, { signal }).catch(() => false);
    if (!isToStart) return;
    try {
      await this.run();
    } catch (error) {
      this.options.log.warn({ error }, 'outbox worker cannot be started');
      await this.restart();
    }
  }

  private async sweep(): Promise<void> {
    const { pool, log } = this.options;
    const owners = await unlockAbandonedJobs(pool);
    if (owners > 0) log.warn({ owners }, 'outbox jobs of dead processes unlocked');
    await reviveExhaustedJobs(pool);
  }
}

function preset(presence: OutboxPresence): NonNullable<RunnerOptions['preset']> {
  return {
    worker: {
      concurrentJobs: CONCURRENCY,
      preparedStatements: true,
      gracefulShutdownAbortTimeout: FINISH_MS,
      // Without a batch, a connection lost while a job is completed is an unhandled rejection, and ends the process.
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
    plugins: [
      {
        name: 'SignetPresencePlugin',
        version: '1.0.0',
        worker: {
          hooks: {
            // Awaited before a worker takes its first job.
            startWorker: (_context, { worker }) => presence.hold(worker.workerPool.id),
          },
        },
      },
    ],
  };
}

/** Their messages, never what they attach: it holds whole jobs. Failures and successes are logged by the task itself. */
function graphileLogger(log: Logger): GraphileLogger {
  const factory: LogFunctionFactory = () => (level: string, message, meta) => {
    if (meta?.['failure'] === true || meta?.['success'] === true) return;
    if (level === 'error') log.error({ component: 'outbox' }, message);
    else if (level === 'warning') log.warn({ component: 'outbox' }, message);
    else log.debug({ component: 'outbox' }, message);
  };
  return new GraphileLogger(factory);
}
