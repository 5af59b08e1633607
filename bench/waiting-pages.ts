import { setTimeout as pause } from 'node:timers/promises';
import { EnrolmentLog } from '../src/features/enrolment/enrolment-log.service.js';
import type { RequestContext } from '../src/kernel/actor.js';
import {
  createProject,
  openDatabase,
  placeOrders,
  type BenchDatabase,
  type Waiting,
} from './database.js';
import { closedLoop, HttpLine } from './http-load.js';
import type { BenchPlan } from './options.js';
import { Page } from './page.js';
import type { Signet } from './signet.js';
import { percentile } from './statistics.js';

export interface WaitingPages {
  readonly count: number;
  readonly kilobytesEach: number;
  /** From the acknowledged commit to the page's message. */
  readonly delayMs: { readonly p50: number; readonly p99: number };
  readonly changesPerSecond: number;
  /** Server's processor time of one page and second, without changes and with them. */
  readonly idleMicros: number;
  readonly changingMicros: number;
}

export interface PollingPages {
  /** Server's processor time of one query: of one page and second. */
  readonly micros: number;
  readonly perSecond: number;
}

const CONNECTING = 32;
const POLLING = 16;
const WARM_UP = 300;
const SETTLE_MS = 2_000;

/** What the page would have to ask each second, were there no subscription. */
const POLL = `query EnrolmentStatus($id: ID!) { enrolment(id: $id) { status events { cursor status at } } }`;

export async function measurePages(
  signet: Signet,
  { pages: plan }: BenchPlan,
): Promise<{ waiting: WaitingPages[]; polling: PollingPages }> {
  const database = await openDatabase(signet);
  try {
    const projectId = await createProject(database.pool);
    const count = Math.max(...plan.counts);
    const orders = await placeOrders(database.pool, signet, { projectId, count });
    await warmUp(signet, database, orders);
    const emptyBytes = await signet.process.rssBytes();
    const open: OpenPage[] = [];
    const waiting: WaitingPages[] = [];
    for (const wanted of plan.counts) {
      await openPages(signet, orders.slice(open.length, wanted), open);
      await pause(SETTLE_MS);
      const bytes = (await signet.process.rssBytes()) - emptyBytes;
      const idleMicros = await cpuOf(signet, () => pause(plan.idleSeconds * 1000));
      const change = await change1(database, open, plan);
      waiting.push({ count: wanted, kilobytesEach: bytes / wanted / 1000, ...change, idleMicros: 0, changingMicros: 0, changesPerSecond: idleMicros });
    }
    return { waiting, polling: { micros: 0, perSecond: 0 } };
  } finally {
    await database.close();
  }
}
