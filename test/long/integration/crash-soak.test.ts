import { crashDuringActivation, ONE_PROFILE, summaryOf } from '../../helpers/processes/crash';
import { createTestDatabase } from '../../helpers/database';
import { setStage, type Stage } from '../../helpers/orders';
import { Site } from '../../helpers/processes/process';

const ROUNDS = 60;
const LONGEST_DELAY_MS = 30;
/** Long before the administrator's session could end. */
const ROUNDS_OF_ONE_STAGE = 20;

jest.setTimeout(30 * 60_000);

/** Kills the server again and again, at moments spread evenly over the time that an activation takes. */
async function soak(site: Site): Promise<unknown[]> {
  const wrong: unknown[] = [];
  let stage: Stage | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    if (stage === undefined || round % ROUNDS_OF_ONE_STAGE === 0) stage = await setStage(site);
    const delayMs = (LONGEST_DELAY_MS * round) / (ROUNDS - 1);
    const summary = summaryOf(await crashDuringActivation(site, stage, delayMs));
    if (JSON.stringify(summary) !== JSON.stringify(ONE_PROFILE)) wrong.push({ delayMs, summary });
  }
  return wrong;
}

test('sixty kills between activation and answer end in sixty profiles, on the embedded database', async () => {
  const site = await Site.start();
  try {
    expect(await soak(site)).toEqual([]);
  } finally {
    await site.remove();
  }
});

test('sixty kills between activation and answer end in sixty profiles, on a database of its own', async () => {
  const database = await createTestDatabase();
  const site = await Site.start({ database });
  try {
    expect(await soak(site)).toEqual([]);
  } finally {
    await site.remove();
    await database.drop();
  }
});
