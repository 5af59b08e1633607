import type { DataSource } from 'typeorm';
import { databaseSchema } from '../../src/entities';
import { createDataSource } from '../../src/platform/database/database';
import { gatherCast, order } from '../helpers/cast';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { startTestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const BEFORE_PROJECTS = 'AuthorityGenerations1795500800000';

let database: TestDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  source = createDataSource(database.connection, databaseSchema);
  await source.initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

async function ordersOfThree(): Promise<string[]> {
  const server = await startTestServer({ database });
  try {
    const cast = await gatherCast(server);
    const placed: string[] = [];
    for (const name of ['own', 'unordered', 'phone']) {
      const { id } = await createPerson(server, cast.admin, newName(name));
      const { projectId } = cast;
      placed.push((await order(server, await sessionOf(server, id), { projectId })).id);
    }
    return placed;
  } finally {
    await server.stop();
  }
}

const latest = async (): Promise<string | undefined> =>
  (
    await database.query<{ name: string }>(
      'SELECT name FROM migration ORDER BY timestamp DESC LIMIT 1',
    )
  )[0]?.name;

test('what came with projects is taken back step by step, also where nobody placed an order, and comes again', async () => {
  const [own, unordered, phones] = await ordersOfThree();
  await database.query('UPDATE enrolment SET ordered_by = NULL WHERE id = $1', [unordered]);
  await database.query(
    `UPDATE enrolment SET user_id = NULL, channel = NULL, account_name = NULL, ordered_by = NULL, order_digest = NULL,
       device_thumbprint = 'x' WHERE id = $1`,
    [phones],
  );
  while ((await latest()) !== BEFORE_PROJECTS) await source.undoLastMigration();
  const left = await database.query<{ id: string; own: boolean }>(
    'SELECT id, ordered_by = user_id AS own FROM enrolment ORDER BY created_at',
  );
  expect(left).toEqual([
    { id: own, own: true },
    { id: unordered, own: true },
  ]);
  const columns = await database.query<{ nullable: string }>(
    `SELECT is_nullable AS nullable FROM information_schema.columns
     WHERE table_name = 'enrolment' AND column_name IN ('user_id', 'channel', 'account_name', 'ordered_by', 'order_digest')`,
  );
  expect(columns.map(({ nullable }) => nullable)).toEqual(['NO', 'NO', 'NO', 'NO', 'NO']);
  await source.runMigrations();
  expect(await source.showMigrations()).toBe(false);
  await database.query('UPDATE enrolment SET ordered_by = NULL WHERE id = $1', [unordered]);
});
