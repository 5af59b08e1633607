import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { activate, newName, orderFor, phoneAt, requestsFor, setStage } from '../../helpers/orders';
import { createPerson } from '../../helpers/people';
import { Site } from '../../helpers/processes/process';
import { copyProfile, endsInDays } from '../../helpers/renewals';

const PUBLIC_URL = 'https://id.example.org';
const COPIES = 600;
const PATIENCE_MS = 90_000;
const PAUSE_MS = 5;

let database: TestDatabase;
let one: Site;
let other: Site;
let profileId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const environment = { PUBLIC_URL };
  one = await Site.start({ database, environment });
  other = await Site.prepare({ database, environment, dataDir: one.dataDir });
  const stage = await setStage(one);
  const person = await createPerson(one, stage.admin, newName('user'));
  const order = await orderFor(one, stage, person.id);
  const task = await phoneAt(one.url, PUBLIC_URL).claim(order);
  profileId = (await activate(one, task, await requestsFor(task))).id;
});
afterAll(async () => {
  await other.remove();
  await one.remove();
  await database.drop();
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It did not come to pass.');
    await sleep(PAUSE_MS);
  }
}

async function count(statement: string): Promise<number> {
  const [row] = await database.query<{ n: number }>(`SELECT (${statement})::int AS n`);
  return row?.n ?? 0;
}
const REMINDED = 'SELECT count(*) FROM expiry_reminder';
/** Each mail is queued with the note of the reminder, until it is sent. */
const QUEUED = `SELECT count(*) FROM message WHERE template = 'MOBILE_ID_EXPIRES' AND state = 'QUEUED'`;

test('each mobile ID is reminded of once, though a server is killed in the middle and two go on', async () => {
  const entries = `SELECT count(*) FROM audit_entry WHERE action = 'profile.remind'`;
  await one.process.terminate();
  await endsInDays({ database }, profileId, 20);
  await copyProfile({ database }, profileId, COPIES);
  await other.start();
  await until(async () => (await count(REMINDED)) > 0);
  await other.process.kill();
  const stood = await count(REMINDED);
  expect(stood).toBeLessThan(COPIES + 1);
  expect(await count(entries)).toBe(stood);
  await Promise.all([one.start(), other.start()]);
  await until(async () => (await count(REMINDED)) === COPIES + 1);
  expect(await count(entries)).toBe(COPIES + 1);
  expect(await count('SELECT count(DISTINCT profile_id) FROM expiry_reminder')).toBe(COPIES + 1);
  await until(async () => (await count(QUEUED)) === 0);
  expect(await count(REMINDED)).toBe(COPIES + 1);
});

test('a server killed while it supersedes leaves each renewal done or not done, and the next one ends it', async () => {
  const replaced = `SELECT count(*) FROM certificate WHERE revocation_reason = 'superseded'`;
  const done = 'SELECT count(*) FROM renewal WHERE superseded_at IS NOT NULL';
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  await holder.query(
    `INSERT INTO renewal (certificate_id, profile_id, requests_digest, replaced_ids, renewed_at, supersede_at)
     SELECT id, profile_id, '\\x00', ARRAY[id], now(), now() FROM certificate WHERE kind = 'AUTHENTICATION'`,
  );
  await holder.end();
  await until(async () => (await count(done)) > 0);
  await one.process.kill();
  expect(await count(replaced)).toBe(await count(done));
  await until(async () => (await count(done)) === COPIES + 1);
  expect(await count(replaced)).toBe(COPIES + 1);
  const entries = `SELECT count(*) FROM audit_entry WHERE action = 'profile.supersede-certificates'`;
  expect(await count(entries)).toBe(COPIES + 1);
});
