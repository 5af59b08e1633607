import type { QueryRunner } from 'typeorm';
import { Messages1795600400000 } from '../../src/migrations/1795600400000-Messages';
import { createTestDatabase, type TestDatabase } from '../helpers/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const EARLIER =
  'Scan the QR code with the camera of your phone and follow the steps there. Keep this page open until it says that your mobile ID is active.';
const PRESENT =
  'Scan the QR code with the camera of your phone, open the link and follow the steps there.';

test('what stands beside QR codes is reworded for paper by the upgrade, unless a project has worded it itself', async () => {
  const runner = {
    query: (sql: string, values?: unknown[]) => database.query(sql, values),
  } as unknown as QueryRunner;
  const instructions = (): Promise<unknown> =>
    database.query(
      `SELECT name, settings->>'instructions' AS said FROM project WHERE name IN ('default', 'own') ORDER BY name`,
    );
  const migration = new Messages1795600400000();
  await migration.down(runner);
  await database.query(
    `INSERT INTO project (id, name, name_key, mode, settings, created_at, updated_at)
     SELECT gen_random_uuid(), name, name, 'MANAGED', jsonb_build_object('instructions', said, 'channels', '["SCREEN"]'::jsonb), now(), now()
     FROM unnest($1::text[], $2::text[]) AS present (name, said)`,
    [
      ['default', 'own'],
      [EARLIER, 'Ask Eve.'],
    ],
  );
  await migration.up(runner);
  expect(await instructions()).toEqual([
    { name: 'default', said: PRESENT },
    { name: 'own', said: 'Ask Eve.' },
  ]);
  await migration.down(runner);
  expect(await instructions()).toMatchObject([{ said: EARLIER }, { said: 'Ask Eve.' }]);
  await migration.up(runner);
});
