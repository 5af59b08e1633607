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
  readonly perSecond: number;
  readonly delaysMs: readonly number[];
  readonly wholesMs: readonly number[];
}

const log = new EnrolmentLog();
const TRIES = 20;

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
      const target = idleOf(pages);
      if (target === undefined) break;
      running.push(
        change(work, request, target).then(({ delayMs, wholeMs }) => {
          delaysMs.push(delayMs);
          wholesMs.push(wholeMs);
        }),
      );
    }
    await pause(1);
  }
  await Promise.all(running);
  const tookMs = performance.now() - startedAt;
  return { perSecond: (delaysMs.length * 1000) / tookMs, delaysMs, wholesMs };
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

/** Undefined where the database or the server cannot follow, and most pages wait for their change. */
function idleOf(pages: readonly ChangingPage[]): ChangingPage | undefined {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const page = pages[randomInt(pages.length)];
    if (page !== undefined && page.busy !== true) return page;
  }
  return undefined;
}
