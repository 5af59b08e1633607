import type { DeviceTask, EnrolmentStatus, StatusEvent } from './contract.js';
import { NO_ANSWER, ServerError } from './problem.js';
import type { ServerApi } from './server-api.js';

type Meaning = 'BEFORE_CONFIRMATION' | 'CONFIRMED' | 'DONE' | 'ENDED';
const MEANING: Readonly<Record<EnrolmentStatus, Meaning>> = {
  DELIVERING: 'BEFORE_CONFIRMATION',
  WAITING_FOR_SCAN: 'BEFORE_CONFIRMATION',
  CODE_EXPIRED: 'BEFORE_CONFIRMATION',
  SCANNED: 'BEFORE_CONFIRMATION',
  AWAITING_CONFIRMATION: 'BEFORE_CONFIRMATION',
  CONFIRMED: 'CONFIRMED',
  ISSUING: 'CONFIRMED',
  ACTIVE: 'DONE',
  CANCELLED: 'ENDED',
  EXPIRED: 'ENDED',
  FAILED: 'ENDED',
  SUPERSEDED: 'ENDED',
};

/** Refusals after which this phone can do nothing more for the enrolment. */
export const ENDED_CODES: ReadonlySet<string> = new Set([
  'ACTIVATION_CODE_ROTATED',
  'ACTIVATION_PAUSED',
  'CODE_UNKNOWN',
  'ENROLMENT_CANCELLED',
  'ENROLMENT_COMPLETED',
  'ENROLMENT_EXPIRED',
  'ENROLMENT_SUPERSEDED',
  'ENROLMENT_TAKEN',
  'ID_RANGE_EXHAUSTED',
  'QUOTA_REACHED',
]);

/** Returns once the enrolment is confirmed or further; fails if it ends before. */
export async function untilConfirmed(
  api: ServerApi,
  task: DeviceTask,
  signal?: AbortSignal,
): Promise<void> {
  for await (const meaning of meanings(api, task, signal)) {
    if (meaning !== 'BEFORE_CONFIRMATION') return;
  }
  signal?.throwIfAborted();
  throw new ServerError(NO_ANSWER, 'The connection ended before the confirmation came.');
}

/** Returns when the enrolment is active or the watching is aborted; fails if it ends otherwise. */
export async function untilEnd(
  api: ServerApi,
  task: DeviceTask,
  signal?: AbortSignal,
): Promise<void> {
  for await (const meaning of meanings(api, task, signal)) {
    if (meaning === 'DONE') return;
  }
}

async function* meanings(
  api: ServerApi,
  task: DeviceTask,
  signal?: AbortSignal,
): AsyncGenerator<Meaning> {
  for await (const event of api.watchEnrolment(task, signal)) {
    const meaning = MEANING[event.status];
    if (meaning === 'ENDED') throw endOf(event);
    yield meaning;
  }
}

function endOf({ status, enrolment: { failure } }: StatusEvent): ServerError {
  const ended = { ended: true };
  if (status !== 'FAILED') {
    return new ServerError(`ENROLMENT_${status}`, 'The enrolment has ended.', {}, ended);
  }
  const message = failure?.message ?? 'The enrolment has failed.';
  return new ServerError(failure?.code ?? 'INTERNAL', message, {}, ended);
}
