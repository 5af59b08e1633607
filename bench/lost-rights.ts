import { randomUUID } from 'node:crypto';
import {
  AccessRuleService,
  type RulePorts,
} from '../src/features/access/rules/access-rule.service.js';
import { ResourceRegistry } from '../src/features/access/resource-registry.service.js';
import { SessionService } from '../src/features/sessions/session.service.js';
import { newId, type UserId } from '../src/kernel/ids.js';
import type { UnitOfWork } from '../src/platform/scope.js';
import { createProject, openDatabase, placeOrders, type Waiting } from './database.js';
import { DeafProxy, type Deafness } from './deaf-proxy.js';
import type { BenchPlan } from './options.js';
import { Page } from './page.js';
import { removeHome, startSignet, type Signet } from './signet.js';
import { percentile } from './statistics.js';

/** From the acknowledged commit of a rule on one server until pages on another are closed. */
export interface LostRights {
  readonly pages: number;
  readonly closedAfterMs: { readonly p50: number; readonly last: number };
}
export interface LostRightsFigures {
  readonly heard: LostRights;
  /** No notification reaches the server that the pages are connected to. */
  readonly unheard: LostRights;
}

const CONNECTING = 32;
const TIMEOUTS = { idleSeconds: 3600, maxSeconds: 3600 };
const NAME = 'Closed for measuring';
const WATCHING = { resource: '/enrolments/watch', name: 'Subscription.enrolmentStatus' } as const;

/** Pages of people who are signed in, on a second server with the same database. */
export async function measureLostRights(
  signet: Signet,
  { lostRights: plan }: BenchPlan,
): Promise<LostRightsFigures> {
  const database = await openDatabase(signet);
  const proxy = await DeafProxy.start(database.socket);
  const { host, port } = proxy.address;
  const databaseUrl = `postgres://signet@localhost:${String(port)}/signet?host=${encodeURIComponent(host)}`;
  const home = { ...signet.home, dataDir: `${signet.home.dataDir}-other` };
  const other = await startSignet(home, databaseUrl);
  try {
    const projectId = await createProject(database.pool);
    const orders = await placeOrders(database.pool, signet, { projectId, count: plan.pages });
    const measure = async (deafness: Deafness): Promise<LostRights> => {
      proxy.make('signet events', deafness);
      const times: number[] = [];
      const lasts: number[] = [];
      for (let round = 0; round < plan.rounds; round += 1) {
        const closedAfterMs = await closeAll(database.work, other, orders);
        times.push(...closedAfterMs);
        lasts.push(Math.max(...closedAfterMs));
      }
      const closedAfterMs = { p50: percentile(times, 50), last: percentile(lasts, 50) };
      return { pages: orders.length, closedAfterMs };
    };
    return { heard: await measure('none'), unheard: await measure('notifications') };
  } finally {
    await other.process.stop();
    await removeHome(home);
    await proxy.stop();
    await database.close();
  }
}

/** Nobody may watch any more, by a rule that is written as a server writes it. @returns when each page was closed */
async function closeAll(
  work: UnitOfWork,
  other: Signet,
  orders: readonly Waiting[],
): Promise<readonly number[]> {
  const request = await work.systemRequest('bench', randomUUID());
  const pages = await openPages(work, other, orders);
  const rules = new AccessRuleService(ANYBODY);
  const closed = Promise.all(pages.map((page) => page.closed));
  const rule = await work.change(request, (scope) =>
    rules.create(scope, {
      name: NAME,
      effect: 'DENY',
      resources: [WATCHING.resource],
      require: [],
    }),
  );
  const committedAt = performance.now();
  const times = (await closed).map((at) => Math.max(0, at - committedAt));
  await work.change(request, (scope) => rules.delete(scope, rule.id));
  return times;
}

/** The check that somebody still gets in is not what is measured. */
const ANYBODY: RulePorts = {
  administrators: () => Promise.resolve([{ id: newId<UserId>(), roles: ['ADMIN'], groups: [] }]),
  credentials: [
    (_scope, ids) => {
      const methods = (['PASSWORD', 'EMAIL_CODE'] as const).map((method) => ({
        method,
        provider: null,
      }));
      return Promise.resolve(new Map(ids.map((id) => [id, methods])));
    },
  ],
  resources: watchable(),
  providerExists: () => Promise.resolve(false),
};

function watchable(): ResourceRegistry {
  const resources = new ResourceRegistry();
  resources.learn([WATCHING]);
  return resources;
}

async function openPages(
  work: UnitOfWork,
  { port }: Signet,
  orders: readonly Waiting[],
): Promise<Page[]> {
  const request = await work.systemRequest('bench', randomUUID());
  const sessions = new SessionService(TIMEOUTS);
  const proof = { method: 'PASSWORD', provider: null, credential: 'password' } as const;
  const queue = [...orders];
  const opened: Page[] = [];
  const worker = async (): Promise<void> => {
    for (let order = queue.pop(); order !== undefined; order = queue.pop()) {
      const userId = order.id as string as UserId; // they are the same here
      const { token } = await work.change(request, (scope) => sessions.open(scope, userId, proof));
      opened.push(await Page.open(port, { id: order.id, authorization: `Bearer ${token}` }));
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, worker));
  return opened;
}
