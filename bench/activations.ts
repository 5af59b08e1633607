import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../src/kernel/clock.js';
import { MemoryKeyStore } from '../src/phone/keys/key-store.js';
import { Phone } from '../src/phone/phone.js';
import { connectToServer } from '../src/phone/server-api.js';
import { createProject, openDatabase, placeOrders, type BenchDatabase } from './database.js';
import { postgresCpuMicros } from './host.js';
import { closedLoop } from './http-load.js';
import { issuingKey } from './issuing-key.js';
import type { BenchPlan } from './options.js';
import type { Signet } from './signet.js';
import { median, percentile } from './statistics.js';

export interface Activations {
  /** Enrolments from claim to stored mobile ID, two certificates each; median over the windows. */
  readonly perSecond: number;
  /** What the CA's key alone signs on one core. */
  readonly rawSignaturesPerSecond: number;
  /** Of one enrolment, the phone's own work included. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Processor time of one enrolment. */
  readonly cpuMs: CpuMs;
  /** `fsync` and `synchronous_commit`, as the database has them. */
  readonly durability: string;
}

interface CpuMs {
  readonly server: number;
  readonly database: number;
  readonly phone: number;
}

/** More than any machine does: so many orders are placed for each second. */
const ORDERS_PER_SECOND = 600;
const SIGNING_MS = 1_000;

/** Phones that claim and activate, each with P-256 keys made on the way, all against one server. */
export async function measureActivations(
  signet: Signet,
  { activations: plan }: BenchPlan,
  { sendsMails }: { sendsMails: boolean },
): Promise<Activations> {
  const database = await openDatabase(signet);
  try {
    const rawSignaturesPerSecond = signaturesPerSecond(await caKey(database, signet));
    const projectId = await createProject(database.pool, { notifyOnSuccess: sendsMails });
    const latencies: number[] = [];
    const run = async (seconds: number): Promise<{ perSecond: number; done: number }> => {
      const count = seconds * ORDERS_PER_SECOND;
      const orders = await placeOrders(database.pool, signet, { projectId, count });
      return closedLoop(plan.phones, seconds, async () => {
        const startedAt = performance.now();
        await enrol(signet, orders.pop()?.code);
        latencies.push(performance.now() - startedAt);
      });
    };
    await run(plan.warmUpSeconds);
    latencies.length = 0;
    const windows = [];
    for (let i = 0; i < plan.windows; i += 1) {
      const before = await cpuMs(signet, database);
      const { done, perSecond } = await run(plan.windowSeconds);
      windows.push({ perSecond, cpu: perEnrolment(before, await cpuMs(signet, database), done) });
    }
    return {
      perSecond: median(windows.map(({ perSecond }) => perSecond)),
      rawSignaturesPerSecond,
      latencyMs: { p50: percentile(latencies, 50), p99: percentile(latencies, 99) },
      cpuMs: {
        server: median(windows.map(({ cpu }) => cpu.server)),
        database: median(windows.map(({ cpu }) => cpu.database)),
        phone: median(windows.map(({ cpu }) => cpu.phone)),
      },
      durability: await durabilityOf(database),
    };
  } finally {
    await database.close();
  }
}

/** A phone that has never been here before. */
async function enrol({ url }: Signet, code: string | undefined): Promise<void> {
  if (code === undefined) throw new Error('All orders are used up: ORDERS_PER_SECOND is too low.');
  const phone = new Phone({
    serverUrl: url,
    api: connectToServer({ serverUrl: url }),
    store: new MemoryKeyStore(),
    device: { name: 'Bench phone', platform: 'Node' },
    now: () => systemClock.now(),
    pause: (ms) => pause(ms),
  });
  await phone.claim(code);
  await phone.complete();
}

async function cpuMs({ process: server }: Signet, database: BenchDatabase): Promise<CpuMs> {
  const { user, system } = process.cpuUsage();
  return {
    server: (await server.cpuMicros()) / 1000,
    database: (await postgresCpuMicros(database.postmaster)) / 1000,
    phone: (user + system) / 1000,
  };
}

function perEnrolment(before: CpuMs, after: CpuMs, count: number): CpuMs {
  return {
    server: (after.server - before.server) / count,
    database: (after.database - before.database) / count,
    phone: (after.phone - before.phone) / count,
  };
}

async function caKey(database: BenchDatabase, signet: Signet): Promise<KeyObject> {
  const { pkcs8 } = await issuingKey(database, signet);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

function signaturesPerSecond(key: KeyObject): number {
  const toBeSigned = Buffer.alloc(800, 'tbsCertificate');
  const startedAt = performance.now();
  let signed = 0;
  while (performance.now() - startedAt < SIGNING_MS) {
    sign('sha256', toBeSigned, key);
    signed += 1;
  }
  return (signed * 1000) / (performance.now() - startedAt);
}

async function durabilityOf({ pool }: BenchDatabase): Promise<string> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') ORDER BY name`,
  );
  return rows.map(({ name, setting }) => `${name} ${setting}`).join(', ');
}
