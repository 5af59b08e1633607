import { letIn, storedOf, upTo } from '../helpers/crowd';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { administrator } from '../helpers/people';
import { Site } from '../helpers/processes/process';
import { createSelfRegistration } from '../helpers/self-registration';

const PHONES = 120;
const PUBLIC_URL = 'https://id.example.org';

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

test('phones at two servers, one of which is killed now and then, get consecutive IDs', async () => {
  const admin = await administrator(sites[0]);
  const { projectId, code } = await createSelfRegistration(sites[0], admin);
  const crowd = { sites, publicUrl: PUBLIC_URL, code };
  const { told, kills, lost } = await letIn({
    ...crowd,
    phones: PHONES,
    atOnce: 16,
    killEvery: 40,
  });
  expect(kills).toBe(2);
  expect(lost).toBeGreaterThan(0);
  expect(told.map(Number).sort((a, b) => a - b)).toEqual(upTo(PHONES));
  expect(await storedOf(database, projectId)).toEqual({
    numbers: upTo(PHONES),
    ...{ phones: PHONES, mobileIds: PHONES, open: 0, used: PHONES, lastId: PHONES },
  });
});

test('blocked numbers are left out, and no others, however many phones there are at once', async () => {
  const admin = await administrator(sites[0]);
  const blockedRanges = [
    { from: 3, to: 7 },
    { from: 20, to: 24 },
  ];
  const policy = { blockedRanges, ceiling: 40, quota: 30 };
  const { projectId, code } = await createSelfRegistration(sites[0], admin, policy);
  const crowd = { sites, publicUrl: PUBLIC_URL, code };
  await letIn({ ...crowd, phones: 30, atOnce: 15, killEvery: 1000 });
  const isFree = (one: number): boolean =>
    blockedRanges.every(({ from, to }) => one < from || one > to);
  expect((await storedOf(database, projectId)).numbers).toEqual(upTo(40).filter(isFree));
});
