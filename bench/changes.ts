import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EnrolmentLog } from '../src/features/enrolment/enrolment-log.service.js';
import type { EnrolmentStatus } from '../src/features/enrolment/enrolment-status.js';
import type { RequestContext } from '../src/kernel/actor.js';
import type { EnrolmentId } from '../src/kernel/ids.js';
import type { UnitOfWork } from '../src/platform/scope.js';
import type { Page } from './page.js';

export interface ChangingPage {
  readonly id: EnrolmentId;
  readonly page: Page;
  status?: EnrolmentStatus;
  busy?: boolean;
}

export interface Changes {
  readonly delaysMs: readonly number[];
  readonly wholesMs: readonly number[];
}

/**
 * Moves enrolments of random pages back and forth, as the server itself moves them: status, event and notification in one
 * transaction. One clock for both ends: commit and page are seen by this process.
 */
export async function makeChanges(
  work: UnitOfWork,
  pages: readonly ChangingPage[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Changes> {
  const request = await work.systemRequest('bench', randomUUID());
  const delaysMs: number[] = [];
  const wholesMs: number[] = [];
  const running: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let made = 0; made < perSecond * seconds;) {
    const due = Math.min(((performance.now() - startedAt) / 1000) * perSecond, perSecond * seconds);
    for (; made < due; made += 1) {
      running.push(
        change(work, request, idleOf(pages)).then(({ delayMs, wholeMs }) => {
          delaysMs.push(delayMs);
          wholesMs.push(wholeMs);
        }),
      );
    }
    await pause(1);
  }
  await Promise.all(running);
  return { delaysMs, wholesMs };
}

async function change(
  work: UnitOfWork,
  request: RequestContext,
  target: ChangingPage,
): Promise<{ delayMs: number; wholeMs: number }> {
  target.busy = true;
  const arrived = new Promise<number>((resolve) => (target.page.onEvent = resolve));
  const next = target.status === 'CODE_EXPIRED' ? 'WAITING_FOR_SCAN' : 'CODE_EXPIRED';
  const startedAt = performance.now();
  await work.change(request, (scope) => log.move(scope, target.id, next));
  const committedAt = performance.now();
  const arrivedAt = await arrived;
  target.status = next;
  target.busy = false;
  return { delayMs: Math.max(0, arrivedAt - committedAt), wholeMs: arrivedAt - startedAt };
}

const log = new EnrolmentLog();

function idleOf(pages: readonly ChangingPage[]): ChangingPage {
  for (;;) {
    const page = pages[randomInt(pages.length)];
    if (page !== undefined && page.busy !== true) return page;
  }
}
