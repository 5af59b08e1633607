import { setTimeout as pause } from 'node:timers/promises';
import { createProject, openDatabase, placeOrders, type Waiting } from './database.js';
import { makeChanges, type ChangingPage } from './changes.js';
import { closedLoop, HttpLine } from './http-load.js';
import type { BenchPlan } from './options.js';
import { Page } from './page.js';
import type { Signet } from './signet.js';
import { percentile } from './statistics.js';

export interface WaitingPages {
  readonly count: number;
  readonly kilobytesEach: number;
  /** How many changes a second were really made. */
  readonly changesPerSecond: number;
  /** From the acknowledged commit to the page's message. */
  readonly delayMs: { readonly p50: number; readonly p99: number };
  /** From before the transaction to the page's message. */
  readonly wholeMs: { readonly p50: number; readonly p99: number };
  /** The server's processor time for one page and second: nothing happens, and with the changes. */
  readonly cpuMicros: { readonly idle: number; readonly changing: number };
}

export interface PollingPages {
  /** The server's processor time for one query: for one page and second. */
  readonly cpuMicros: number;
  readonly perSecond: number;
}

const CONNECTING = 32;
const POLLING = 16;
const WARM_UP = 300;
const SETTLE_MS = 2_000;

/** The least that a page without a subscription would have to ask each second. */
const POLL = `query EnrolmentStatus($id: ID!) { enrolment(id: $id) { status } }`;

/** Pages that wait, more and more of them on one server; and the same pages asking instead. */
export async function measurePages(
  signet: Signet,
  { pages: plan }: BenchPlan,
): Promise<{ waiting: readonly WaitingPages[]; polling: PollingPages }> {
  const database = await openDatabase(signet);
  const open: ChangingPage[] = [];
  try {
    const projectId = await createProject(database.pool);
    const count = Math.max(...plan.counts);
    const orders = await placeOrders(database.pool, signet, { projectId, count });
    await openAndClose(signet, orders.slice(0, WARM_UP));
    const emptyBytes = await signet.process.rssBytes();
    const waiting: WaitingPages[] = [];
    for (const wanted of plan.counts) {
      open.push(...(await openPages(signet, orders.slice(open.length, wanted))));
      await pause(SETTLE_MS);
      const bytes = (await signet.process.rssBytes()) - emptyBytes;
      const idle = await cpuMicros(signet, () => pause(plan.idleSeconds * 1000));
      const { changeSeconds: seconds, changesPerSecond: perSecond } = plan;
      const changes = await cpuMicros(signet, () =>
        makeChanges(database.work, open, { perSecond, seconds }),
      );
      waiting.push({
        count: wanted,
        kilobytesEach: bytes / wanted / 1000,
        changesPerSecond: changes.result.perSecond,
        delayMs: halfAndWorst(changes.result.delaysMs),
        wholeMs: halfAndWorst(changes.result.wholesMs),
        cpuMicros: { idle: idle.perSecond / wanted, changing: changes.perSecond / wanted },
      });
    }
    await closeAll(open);
    return { waiting, polling: await poll(signet, orders, plan.pollSeconds) };
  } finally {
    await closeAll(open);
    await database.close();
  }
}

async function openPages(signet: Signet, orders: readonly Waiting[]): Promise<ChangingPage[]> {
  const queue = [...orders];
  const opened: ChangingPage[] = [];
  const worker = async (): Promise<void> => {
    for (let order = queue.pop(); order !== undefined; order = queue.pop()) {
      opened.push({ id: order.id, page: await Page.open(signet.port, order) });
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, worker));
  return opened;
}

async function closeAll(pages: ChangingPage[]): Promise<void> {
  await Promise.all(pages.splice(0).map(({ page }) => page.close()));
}

/** What the first pages make the server load and compile belongs to no page. */
async function openAndClose(signet: Signet, orders: readonly Waiting[]): Promise<void> {
  await closeAll(await openPages(signet, orders));
  await pause(SETTLE_MS);
}

async function poll(
  signet: Signet,
  orders: readonly Waiting[],
  seconds: number,
): Promise<PollingPages> {
  const lines = Array.from({ length: POLLING }, () => new HttpLine(signet.port));
  let next = 0;
  const ask = async (line: number): Promise<void> => {
    const order = orders[next++ % orders.length];
    if (order === undefined) return;
    const body = JSON.stringify({ query: POLL, variables: { id: order.id } });
    await lines[line]?.post(body, { 'x-watch-token': order.watchToken });
  };
  await closedLoop(POLLING, 1, ask);
  const before = await signet.process.cpuMicros();
  const { done, perSecond } = await closedLoop(POLLING, seconds, ask);
  const after = await signet.process.cpuMicros();
  for (const line of lines) line.close();
  return { cpuMicros: (after - before) / done, perSecond };
}

async function cpuMicros<T>(
  { process: server }: Signet,
  work: () => Promise<T>,
): Promise<{ result: T; perSecond: number }> {
  const startedAt = performance.now();
  const before = await server.cpuMicros();
  const result = await work();
  const used = (await server.cpuMicros()) - before;
  return { result, perSecond: (used * 1000) / (performance.now() - startedAt) };
}

function halfAndWorst(values: readonly number[]): { p50: number; p99: number } {
  return { p50: percentile(values, 50), p99: percentile(values, 99) };
}
