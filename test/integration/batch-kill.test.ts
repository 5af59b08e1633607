import { randomInt } from 'node:crypto';
import { batchWhen, endOf, startBatch } from '../helpers/batches';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { setStage } from '../helpers/orders';
import { Site } from '../helpers/processes/process';

const USERS = 150;
const KILLS = 3;

let database: TestDatabase;
let site: Site;
beforeAll(async () => {
  database = await createTestDatabase();
  site = await Site.start({ database });
});
afterAll(async () => {
  await site.remove();
  await database.drop();
});

test('a batch whose server is killed again and again orders for every user, and for none twice', async () => {
  const { admin, projectId } = await setStage(site);
  const people = await database.query<{ id: string }>(
    `INSERT INTO app_user (id, username, username_key, display_name, state, roles, groups, created_at, updated_at)
     SELECT id, 'u-' || id, 'u-' || id, 'User', 'ACTIVE', '{USER}', '{}', now(), now()
     FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ${String(USERS)})) made RETURNING id`,
  );
  const userIds = people.map(({ id }) => id);
  const { id } = await startBatch(site, admin, projectId, { userIds });
  for (let kill = 0; kill < KILLS; kill += 1) {
    const [from, to] = [(USERS / KILLS) * kill, (USERS / KILLS) * (kill + 1) - 10];
    const at = randomInt(from, to);
    await batchWhen(site, { token: admin, id }, ({ ordered }) => ordered >= at);
    await site.process.kill();
    await site.start();
  }
  const batch = await endOf(site, admin, id);
  expect(batch).toMatchObject({ state: 'FINISHED', ordered: USERS, skipped: 0, failed: 0 });
  const rows = await database.query<{ userId: string }>(
    'SELECT user_id AS "userId" FROM enrolment WHERE project_id = $1',
    [projectId],
  );
  expect(rows.map(({ userId }) => userId).sort()).toEqual([...userIds].sort());
  const settled = await database.query(
    `SELECT FROM enrolment_batch_item i JOIN enrolment e ON e.id = i.enrolment_id AND e.user_id = i.user_id
     WHERE i.batch_id = $1 AND i.state = 'ORDERED' AND e.status = 'WAITING_FOR_SCAN'`,
    [id],
  );
  expect(settled).toHaveLength(USERS);
}, 180_000); // three more starts of a server
