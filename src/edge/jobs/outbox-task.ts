import type { Task } from 'graphile-worker';
import type { Logger } from '../../platform/logger.js';
import type { OutboxJob } from '../../platform/outbox.js';

/** How a job of the outbox is carried out. Either method may be called again for the same job. */
export interface OutboxWork<P extends object> {
  /** @throws Error to have it tried again later. `jobId` is the same in every attempt. */
  run(payload: P, jobId: string): Promise<void>;
  /** Called when the last attempt has failed. */
  giveUp(payload: P): Promise<void>;
}

export interface OutboxTask {
  readonly name: string;
  readonly work: OutboxWork<never>;
}

/** Binds a declared job to its work; the payload's type is that of the declaration. */
export function outboxTask<P extends object>(job: OutboxJob<P>, work: OutboxWork<P>): OutboxTask {
  return { name: job.name, work };
}

/** Stands in the job's row in place of the error, whose message could hold anything. */
class JobFailure extends Error {
  constructor(jobId: string, cause: unknown) {
    super(`${cause instanceof Error ? cause.name : 'Error'}: see the log at job ${jobId}.`);
  }
}

export function toGraphileTask({ name, work }: OutboxTask, log: Logger): Task {
  return async (payload, { job, abortSignal }) => {
    const attempt = { job: name, jobId: job.id, attempt: job.attempts, of: job.max_attempts };
    try {
      await unlessAborted(work.run(payload as never, job.id), abortSignal);
      log.info(attempt, 'outbox job done');
    } catch (error) {
      log.warn({ ...attempt, error }, 'outbox job failed');
      const isLast = job.attempts >= job.max_attempts && !abortSignal.aborted;
      if (!isLast) throw new JobFailure(job.id, error);
      await giveUp(work, payload as never, job.id, log);
    }
  };
}

/** A job that ends without an error is deleted; one whose giving up fails stays, and is revived. */
async function giveUp(
  work: OutboxWork<never>,
  payload: never,
  jobId: string,
  log: Logger,
): Promise<void> {
  try {
    await work.giveUp(payload);
  } catch (error) {
    log.error({ jobId, error }, 'outbox job could not be given up');
    throw new JobFailure(jobId, error);
  }
  log.error({ jobId }, 'outbox job given up');
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => {
      reject(new Error('The server stops.'));
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
