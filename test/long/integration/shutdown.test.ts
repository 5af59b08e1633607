import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { postmasterPid } from '../../helpers/processes/embedded-postgres';
import { orderFor, setStage, type Order, type Stage } from '../../helpers/orders';
import { isAlive, Site, statusOf } from '../../helpers/processes/process';
import { eventually } from '../../helpers/server';
import { Watcher } from '../../helpers/subscription';

const CLEAN = { code: 0, signal: null };
const sites: Site[] = [];
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const site of sites.splice(0)) await site.remove();
});
afterAll(() => database.drop());

async function prepare(options: Parameters<typeof Site.prepare>[0] = {}): Promise<Site> {
  const site = await Site.prepare(options);
  sites.push(site);
  return site;
}

async function start(options: Parameters<typeof Site.prepare>[0] = {}): Promise<Site> {
  const site = await prepare(options);
  await site.start();
  return site;
}

async function runningPostgres(site: Site): Promise<number> {
  return eventually(async () => {
    const pid = await postmasterPid(site.dataDir);
    return pid !== undefined && isAlive(pid) ? pid : undefined;
  });
}

async function statusIn(site: Site, { id, watchToken }: Order): Promise<string> {
  const { data } = await site.graphql(
    'query ($id: ID!) { enrolment(id: $id) { status } }',
    { id },
    { watchToken },
  );
  return data.enrolment.status as string;
}

/** A cancellation that cannot go on until the returned client lets go of the enrolment's row. */
async function heldCancellation(
  site: Site,
  { id, watchToken }: Order,
): Promise<{ holder: Client; answer: Promise<unknown> }> {
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('BEGIN; SELECT id FROM enrolment FOR UPDATE');
  const answer = site
    .graphql('mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }', { id }, { watchToken })
    .then(
      ({ data }) => data.cancelEnrolment.status as unknown,
      () => 'cut off',
    );
  await eventually(async () => {
    const waiting = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database()
       AND wait_event_type = 'Lock' AND query LIKE 'SELECT id, project_id%'`,
    );
    return waiting.length > 0 ? true : undefined;
  });
  return { holder, answer };
}

describe('a server that is asked to end', () => {
  test('closes its sockets with 1001, ends its database, and finds everything again', async () => {
    const site = await start();
    const order = await orderFor(site, await setStage(site));
    const page = await new Watcher(site.url, order.id, {
      watchToken: order.watchToken,
    }).until('WAITING_FOR_SCAN');
    const postgres = await runningPostgres(site);
    expect(await site.process.terminate()).toEqual(CLEAN);
    expect(await page.closed).toBe(1001);
    expect(isAlive(postgres)).toBe(false);
    expect(await statusOf(`${site.url}/readyz`)).toBeUndefined();
    await site.start();
    expect(await statusIn(site, order)).toBe('WAITING_FOR_SCAN');
  });

  test('finishes what it has begun, and takes nothing new', async () => {
    const site = await start({ database });
    const order = await orderFor(site, await setStage(site));
    const { holder, answer } = await heldCancellation(site, order);
    site.process.signal('SIGTERM');
    await eventually(async () =>
      (await statusOf(`${site.url}/readyz`)) === undefined ? true : undefined,
    );
    await holder.end();
    expect(await answer).toBe('CANCELLED');
    expect(await site.process.exited).toEqual(CLEAN);
  });

  test('does not wait for ever for what does not finish', async () => {
    const site = await start({ database });
    const order = await orderFor(site, await setStage(site));
    const { holder, answer } = await heldCancellation(site, order);
    expect(await site.process.terminate()).toEqual(CLEAN);
    expect(await answer).toBe('cut off');
    await holder.end();
    const rows = await database.query('SELECT status FROM enrolment WHERE id = $1', [order.id]);
    expect(rows).toEqual([{ status: 'WAITING_FOR_SCAN' }]);
  });

  test('twice, as npm and the terminal both do at Ctrl-C, still ends in order', async () => {
    const site = await start();
    const postgres = await runningPostgres(site);
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) site.process.signal(signal);
    expect(await site.process.exited).toEqual(CLEAN);
    expect(isAlive(postgres)).toBe(false);
  });

  test('while it still starts leaves no database running', async () => {
    const site = await prepare();
    const process = site.launch();
    const postgres = await runningPostgres(site);
    expect(await process.terminate()).toEqual(CLEAN);
    expect(isAlive(postgres)).toBe(false);
  });
});

describe('kill -9', () => {
  async function acknowledged(site: Site): Promise<{ stage: Stage; orders: Order[] }> {
    const stage = await setStage(site);
    const orders = [await orderFor(site, stage), await orderFor(site, stage)];
    return { stage, orders };
  }

  test('of the server loses nothing that was acknowledged, and the next start needs no help', async () => {
    const site = await start();
    const { orders } = await acknowledged(site);
    await site.process.kill();
    await site.start();
    for (const order of orders) expect(await statusIn(site, order)).toBe('WAITING_FOR_SCAN');
    expect(site.process.output).toContain('PostgreSQL found running');
  });

  test('of the server and its database neither', async () => {
    const site = await start();
    const { orders, stage } = await acknowledged(site);
    const postgres = await runningPostgres(site);
    await site.process.kill();
    process.kill(postgres, 'SIGKILL');
    await eventually(() => Promise.resolve(isAlive(postgres) ? undefined : true));
    await site.start();
    for (const order of orders) expect(await statusIn(site, order)).toBe('WAITING_FOR_SCAN');
    expect((await orderFor(site, stage)).id).not.toBe(orders[0]?.id);
  });

  test('in the middle of the first start leaves something that the next start can use', async () => {
    const site = await prepare();
    const first = site.launch();
    await eventually(async () => {
      const log = await readFile(join(site.dataDir, 'postgres.log'), 'utf8').catch(() => '');
      return log === '' ? undefined : true;
    });
    await first.kill();
    await site.start();
    expect(await statusOf(`${site.url}/readyz`)).toBe(200);
  });
});
