import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from './database';
import type { GraphqlAnswer } from './graphql';
import { HonestOrNotPhone } from './phone';
import type { Site } from './processes/process';

/** Phones that scan one code all at once, at instances that are killed meanwhile. */
export interface Crowd {
  readonly sites: readonly [Site, Site];
  readonly publicUrl: string;
  readonly code: string;
  readonly phones: number;
  readonly atOnce: number;
  /** An instance is killed, and started again, whenever so many more phones are through. */
  readonly killEvery: number;
}

export interface CrowdOutcome {
  /** What each phone was told its ID is. */
  readonly told: readonly string[];
  readonly kills: number;
  /** Calls that got no answer. */
  readonly lost: number;
}

const PAUSE_MS = 30;

/** Every phone goes on until it has its mobile ID; a call without an answer is sent again, to whichever instance. */
export async function letIn(crowd: Crowd): Promise<CrowdOutcome> {
  const run = { told: [] as string[], lost: 0, kills: 0, left: crowd.phones };
  const client = async (): Promise<void> => {
    while (run.left > 0) {
      run.left -= 1;
      run.told.push(await enrol(crowd, () => (run.lost += 1)));
    }
  };
  const clients = Promise.all(Array.from({ length: crowd.atOnce }, client));
  await Promise.all([clients, killing(crowd, run)]);
  return { told: run.told, kills: run.kills, lost: run.lost };
}

async function enrol(crowd: Crowd, onLost: () => void): Promise<string> {
  const phone = phoneOf(crowd, onLost);
  const task = await phone.claim(crowd.code);
  const requests = phone.requestsFor(task);
  const { data, errors } = await phone.tryActivate(task, requests);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.activateEnrolment.profile.accountName as string;
}

/** One that knocks at either instance until it gets an answer. */
function phoneOf({ sites, publicUrl }: Crowd, onLost: () => void): HonestOrNotPhone {
  const anyAnswer = async (...call: Parameters<Site['graphql']>): Promise<GraphqlAnswer<any>> => {
    for (;;) {
      const site = sites[randomInt(sites.length)] ?? sites[0];
      const answer = await site.graphql(...call).catch(() => undefined);
      if (answer !== undefined) return answer;
      onLost();
      await sleep(PAUSE_MS);
    }
  };
  return new HonestOrNotPhone({ url: publicUrl, graphql: anyAnswer });
}

/** At moments that nobody has chosen. */
async function killing(
  { sites, phones, killEvery }: Crowd,
  run: { readonly told: readonly string[]; kills: number },
): Promise<void> {
  for (let next = killEvery; next < phones; next += killEvery) {
    while (run.told.length < next) await sleep(PAUSE_MS);
    await sleep(randomInt(PAUSE_MS));
    const site = sites[randomInt(sites.length)] ?? sites[0];
    await site.process.kill();
    run.kills += 1;
    await site.start();
  }
}

/** What is stored of a crowd's project: each ID with the phone that has it, and what counts them. */
export async function storedOf(
  { query }: TestDatabase,
  projectId: string,
): Promise<{
  readonly numbers: readonly number[];
  readonly phones: number;
  readonly mobileIds: number;
  readonly open: number;
  readonly used: number;
  readonly lastId: number;
}> {
  const rows = await query<{ number: number; thumbprint: string }>(
    `SELECT number::int, device_thumbprint AS thumbprint FROM assigned_id WHERE project_id = $1 ORDER BY number`,
    [projectId],
  );
  const [counted] = await query<{ mobileIds: number; open: number; used: number; lastId: number }>(
    `SELECT (SELECT count(*)::int FROM profile WHERE project_id = $1 AND state = 'ACTIVE') AS "mobileIds",
       (SELECT count(*)::int FROM enrolment WHERE project_id = $1 AND status <> 'ACTIVE') AS open,
       used, last_id::int AS "lastId"
     FROM self_registration WHERE project_id = $1`,
    [projectId],
  );
  if (counted === undefined) throw new Error('The project is gone.');
  return {
    numbers: rows.map(({ number }) => number),
    phones: new Set(rows.map(({ thumbprint }) => thumbprint)).size,
    ...counted,
  };
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
