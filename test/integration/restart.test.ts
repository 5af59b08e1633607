import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { orderFor, phoneAt, setStage } from '../helpers/orders';
import { Site } from '../helpers/processes/process';
import { Watcher } from '../helpers/subscription';

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

test('a page whose socket drops and whose server restarts sees each status exactly once', async () => {
  const order = await orderFor(site, await setStage(site, { confirmation: 'DEVICE_CODE' }));
  const { watchToken } = order;
  const phone = phoneAt(site.url, order.publicUrl);

  const first = await new Watcher(site.url, order.id, { watchToken }).until('WAITING_FOR_SCAN');
  await first.drop();
  const { confirmationCode } = await phone.claim(order);

  const second = new Watcher(site.url, order.id, { watchToken, after: first.cursor });
  await second.until('AWAITING_CONFIRMATION');
  await site.process.kill();
  expect(await second.ended).toEqual({ kind: 'closed', code: 1006 });
  await site.start();
  const { errors } = await site.graphql(
    'mutation ($id: ID!, $code: String!) { confirmDevice(id: $id, code: $code) { status } }',
    { id: order.id, code: confirmationCode },
    { watchToken },
  );
  expect(errors).toEqual([]);

  const third = new Watcher(site.url, order.id, { watchToken, after: second.cursor });
  await third.until('CONFIRMED');
  await site.process.terminate();
  expect(await third.ended).toEqual({ kind: 'closed', code: 1001 });
  await site.start();
  await phone.complete();

  const fourth = new Watcher(site.url, order.id, { watchToken, after: third.cursor });
  expect(await fourth.ended).toEqual({ kind: 'complete' });
  const seen = [first, second, third, fourth].flatMap(({ events }) => events);
  expect(seen.map(({ status }) => status)).toEqual([
    'WAITING_FOR_SCAN',
    'SCANNED',
    'AWAITING_CONFIRMATION',
    'CONFIRMED',
    'ISSUING',
    'ACTIVE',
  ]);
  expect(new Set(seen.map(({ cursor }) => cursor)).size).toBe(seen.length);
});

test('a session, its proofs and its order outlive the server', async () => {
  const stage = await setStage(site);
  await site.process.kill();
  await site.start();
  const order = await orderFor(site, stage);
  const page = await new Watcher(site.url, order.id, { token: stage.admin }).until(
    'WAITING_FOR_SCAN',
  );
  expect(page.statuses).toEqual(['WAITING_FOR_SCAN']);
  await page.drop();
});
