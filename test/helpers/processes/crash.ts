import { setTimeout as sleep } from 'node:timers/promises';
import { activate, orderFor, phoneAt, requestsFor, type Issued, type Stage } from '../orders';
import type { Site } from './process';

export interface CrashOutcome {
  /** The answer that still came before the server died. */
  readonly answered: Issued | undefined;
  /** Where the enrolment stood after the crash. */
  readonly stood: string;
  /** What the repeated calls were answered. */
  readonly repeated: readonly Issued[];
  /** What is stored at the end. */
  readonly profile: Issued;
  readonly statuses: readonly string[];
  readonly profilesOfHolder: number;
}

const LOOK = `query ($id: ID!) {
  enrolment(id: $id) {
    status user { id } events { status } profile { id certificates { kind fingerprint } } } }`;

/** Kills the server so long after an activation was sent, starts it again, and repeats the activation. */
export async function crashDuringActivation(
  site: Site,
  stage: Stage,
  delayMs: number,
): Promise<CrashOutcome> {
  const order = await orderFor(site, stage);
  const task = await phoneAt(site.url, order.publicUrl).claim(order);
  const requests = await requestsFor(task);
  const look = async (): Promise<any> =>
    (await site.graphql(LOOK, { id: order.id }, { token: stage.admin })).data.enrolment;

  const answer = activate(site, task, requests).catch(() => undefined);
  await sleep(delayMs);
  await site.process.kill();
  const answered = await answer;
  await site.start();
  const { status: stood } = await look();
  const repeated = [
    await activate(site, task, requests),
    ...(await Promise.all([activate(site, task, requests), activate(site, task, requests)])),
  ];
  const { user, events, profile } = await look();
  return {
    answered,
    stood,
    repeated,
    profile,
    statuses: events.map(({ status }: { status: string }) => status),
    profilesOfHolder: await countProfiles(site, stage, user.id as string),
  };
}

async function countProfiles(site: Site, { admin }: Stage, userId: string): Promise<number> {
  const { data } = await site.graphql(
    'query ($userId: ID!) { profiles(userId: $userId) { totalCount } }',
    { userId },
    { token: admin },
  );
  return data.profiles.totalCount as number;
}

/** What must be true of every crash: one profile, the same certificates in each answer, each status once. */
export const ONE_PROFILE = {
  profiles: 1,
  certificates: ['AUTHENTICATION', 'SIGNATURE'],
  differentAnswers: 0,
  statuses: ['WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE'],
};

export function summaryOf(outcome: CrashOutcome): typeof ONE_PROFILE {
  const { answered, repeated, profile, statuses, profilesOfHolder } = outcome;
  const stored = JSON.stringify(profile);
  const answers = answered === undefined ? repeated : [answered, ...repeated];
  return {
    profiles: profilesOfHolder,
    certificates: profile.certificates.map(({ kind }) => kind).sort(),
    differentAnswers: answers.filter((answer) => JSON.stringify(answer) !== stored).length,
    statuses: [...statuses],
  };
}
