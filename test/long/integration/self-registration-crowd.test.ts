import { letIn, storedOf, upTo } from '../../helpers/crowd';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { administrator } from '../../helpers/people';
import { Site } from '../../helpers/processes/process';
import { createSelfRegistration } from '../../helpers/self-registration';

const PHONES = 2000;
const AT_ONCE = 50;
const KILLS = 24;
const PUBLIC_URL = 'https://id.example.org';

jest.setTimeout(30 * 60_000);

let database: TestDatabase;
let sites: [Site, Site];

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = { PUBLIC_URL, CA_KEY_ALGORITHM: 'P-256' };
  const one = await Site.start({ database, environment });
  sites = [one, await Site.start({ database, environment, dataDir: one.dataDir })];
});
afterAll(async () => {
  for (const site of [...sites].reverse()) await site.remove();
  await database.drop();
});

test('two thousand phones that scan one code get the IDs 1 to 2000, each exactly once, whichever server dies', async () => {
  const admin = await administrator(sites[0]);
  const { projectId, code } = await createSelfRegistration(sites[0], admin);
  const { told, kills, lost } = await letIn({
    ...{ sites, publicUrl: PUBLIC_URL, code },
    phones: PHONES,
    atOnce: AT_ONCE,
    killEvery: PHONES / (KILLS + 1),
  });
  expect(kills).toBe(KILLS);
  expect(lost).toBeGreaterThan(KILLS);
  expect(told.map(Number).sort((a, b) => a - b)).toEqual(upTo(PHONES));
  expect(await storedOf(database, projectId)).toEqual({
    numbers: upTo(PHONES),
    ...{ phones: PHONES, mobileIds: PHONES, open: 0, used: PHONES, lastId: PHONES },
  });
});
