import type { QueryRunner } from 'typeorm';
import { ProfileChanges1795500100000 } from '../../src/migrations/1795500100000-ProfileChanges';
import { createTestDatabase, type TestDatabase } from '../helpers/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('mobile IDs that are INACTIVE before the upgrade were suspended by their account', async () => {
  const runner = { query: (sql: string) => database.query(sql) } as unknown as QueryRunner;
  const migration = new ProfileChanges1795500100000();
  await migration.down(runner);
  await database.query(`
    INSERT INTO profile (id, project_id, user_id, enrolment_id, device_id, name, account_name, server_name, state,
      valid_from, valid_to, created_at)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'n', 'a', 's', state,
      now(), now(), now() FROM unnest('{ACTIVE,INACTIVE,REVOKED,EXPIRED}'::text[]) AS state`);
  await migration.up(runner);
  expect(
    await database.query('SELECT state, suspended_by AS by FROM profile ORDER BY state'),
  ).toEqual([
    { state: 'ACTIVE', by: [] },
    { state: 'EXPIRED', by: [] },
    { state: 'INACTIVE', by: ['ACCOUNT'] },
    { state: 'REVOKED', by: [] },
  ]);
});
