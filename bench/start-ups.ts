import type { BenchPlan } from './options.js';
import { makeHome, removeHome, startSignet } from './signet.js';
import { median } from './statistics.js';

export interface StartUps {
  /** From the start of the process until `/readyz` says so, medians. */
  readonly coldMs: number;
  readonly warmMs: number;
}

/** Cold makes the database, the CA and the first administrator; warm finds them there. */
export async function measureStartUps({ startUps }: BenchPlan): Promise<StartUps> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let run = 0; run < startUps.cold; run += 1) {
    const home = await makeHome();
    try {
      cold.push(await startAndStop(home));
      const warmRuns = run === 0 ? startUps.warm : 0;
      for (let again = 0; again < warmRuns; again += 1) warm.push(await startAndStop(home));
    } finally {
      await removeHome(home);
    }
  }
  return { coldMs: median(cold), warmMs: median(warm) };
}

async function startAndStop(home: Awaited<ReturnType<typeof makeHome>>): Promise<number> {
  const { process } = await startSignet(home);
  await process.stop();
  return process.readyAfterMs;
}
