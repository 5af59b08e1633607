import { Client } from 'pg';
import type { DeafProxy } from '../../bench/deaf-proxy';
import { pgConnection } from '../../src/platform/database/database';
import { EventBus, type Topic } from '../../src/platform/event-bus/event-bus';
import type { Logger } from '../../src/platform/logger';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { throughDeafProxy } from '../helpers/deaf';
import { eventually } from '../helpers/server';

let database: TestDatabase;
let proxy: DeafProxy;
let bus: EventBus;
const said: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const through = await throughDeafProxy(database);
  proxy = through.proxy;
  const say = (...args: readonly unknown[]): void => void said.push(String(args.at(-1)));
  const log = { info: say, warn: say, error: say } as unknown as Logger;
  bus = new EventBus(pgConnection(through.proxied.connection), log);
  await bus.open();
});
afterAll(async () => {
  await bus.close();
  await proxy.stop();
  await database.drop();
});
beforeEach(() => {
  said.length = 0;
});

/** Counts how often `topic` is woken. */
function counted(topic: Topic): { times: number } {
  const count = { times: 0 };
  bus.listen(topic, () => (count.times += 1));
  return count;
}

const woken = (count: { times: number }): Promise<true> =>
  eventually(() => Promise.resolve(count.times > 0 ? true : undefined));

const KEEP = `INSERT INTO announcement (topic, xid, at) VALUES ($1, pg_current_xact_id()::text::bigint, now()) RETURNING id`;

/** As a transaction leaves it whose notification gets lost. */
const keep = (topic: Topic): Promise<unknown> => database.query(KEEP, [topic]);

async function transaction(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  return client;
}

test('what is kept wakes, without any notification', async () => {
  const count = counted('session:unheard');
  await keep('session:unheard');
  expect(await woken(count)).toBe(true);
});

test('what is heard and found wakes once', async () => {
  const count = counted('access-policy');
  await database.query(
    `WITH kept AS (${KEEP}) SELECT pg_notify('signet', $1 || ' ' || id) FROM kept`,
    ['access-policy'],
  );
  await woken(count);
  const [next, last] = [counted('session:next'), counted('session:last')];
  await keep('session:next');
  await woken(next);
  await keep('session:last');
  await woken(last);
  expect([count.times, next.times]).toEqual([1, 1]);
});

test('what a transaction announces that began first and commits last is not lost', async () => {
  const late = await transaction();
  await late.query(KEEP, ['session:late']);
  const [early, missed] = [counted('session:early'), counted('session:late')];
  await keep('session:early');
  await woken(early);
  const another = counted('session:another');
  await keep('session:another');
  await woken(another);
  expect(missed.times).toBe(0);
  await late.query('COMMIT');
  await late.end();
  await woken(missed);
  expect([early.times, another.times, missed.times]).toEqual([1, 1, 1]);
});

test('what a transaction announces that is rolled back wakes nobody', async () => {
  const undone = await transaction();
  await undone.query(KEEP, ['session:undone']);
  await undone.query('ROLLBACK');
  await undone.end();
  const [count, next] = [counted('session:undone'), counted('session:after-undone')];
  await keep('session:after-undone');
  await woken(next);
  expect(count.times).toBe(0);
});

test('a database that does not answer the question is said to be so once, and nothing of that time is lost', async () => {
  const count = counted('session:meanwhile');
  await database.query('ALTER TABLE announcement RENAME TO hidden');
  await eventually(() =>
    Promise.resolve(said.includes('announcements cannot be read') ? true : undefined),
  );
  const before = await lookers();
  await eventually(async () => {
    const now = await lookers();
    return now.some((at) => at > (before.at(-1) ?? '')) ? true : undefined; // and failed again
  });
  await database.query(KEEP.replace('announcement', 'hidden'), ['session:meanwhile']);
  await database.query('ALTER TABLE hidden RENAME TO announcement');
  await woken(count);
  await eventually(() =>
    Promise.resolve(said.includes('announcements can be read again') ? true : undefined),
  );
  expect(said).toEqual(['announcements cannot be read', 'announcements can be read again']);
});

test('a connection that is deaf is noticed, replaced, and said to be so once', async () => {
  const count = counted('enrolment:missed');
  proxy.make('signet events', 'notifications');
  await database.query(`SELECT pg_notify('signet', 'enrolment:missed')`);
  await woken(count);
  proxy.make('signet events', 'none');
  await eventually(() =>
    Promise.resolve(said.includes('notifications arrive again') ? true : undefined),
  );
  expect(said).toEqual(['notifications do not arrive', 'notifications arrive again']);
});

test('a connection that comes about and then falls silent is given up, and the next one hears', async () => {
  const backends = () =>
    database.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'signet events'`,
    );
  const before = (await backends()).map(({ pid }) => pid);
  proxy.make('signet events', 'answers');
  await eventually(async () => {
    const now = await backends();
    return now.some(({ pid }) => !before.includes(pid)) ? true : undefined; // it asks, and nothing answers
  });
  proxy.make('signet events', 'none');
  await eventually(() =>
    Promise.resolve(said.includes('notifications arrive again') ? true : undefined),
  );
  expect(said).toEqual(['notifications do not arrive', 'notifications arrive again']);
});

test('looking for news reads no whole table', async () => {
  await database.query(
    `INSERT INTO announcement (topic, xid, at) SELECT 'session:old', 1, now() FROM generate_series(1, 20000)`,
  );
  await database.query('VACUUM ANALYZE announcement');
  const settled = await scansAfter(await scans()); // the counters arrive late
  expect((await scansAfter(settled)).whole).toBe(settled.whole);
});

interface Scans {
  readonly whole: number;
  readonly index: number;
}

function scansAfter(before: Scans): Promise<Scans> {
  return eventually(async () => {
    const now = await scans();
    return now.index > before.index + 3 ? now : undefined;
  });
}

async function scans(): Promise<Scans> {
  const [row] = await database.query<Scans>(
    `SELECT seq_scan::int AS whole, idx_scan::int AS index FROM pg_stat_user_tables WHERE relname = 'announcement'`,
  );
  if (row === undefined) throw new Error('There are no statistics.');
  return row;
}

/** When the connections that look were made. */
async function lookers(): Promise<string[]> {
  const rows = await database.query<{ at: string }>(
    `SELECT backend_start::text AS at FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'signet announcements' ORDER BY 1`,
  );
  return rows.map(({ at }) => at);
}
