import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientAuthority } from '../helpers/certificates/client-authority';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { newName, orderFor, setStage, type Stage } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { Site } from '../helpers/processes/process';
import { eventually } from '../helpers/server';
import { WebhookReceiver } from '../helpers/receivers/webhook-receiver';
import { makeDue, WebhookAdmin, type TestEndpoint } from '../helpers/webhooks';
import { Openssl } from '../unit/certificates/openssl';

let openssl: Openssl;
let folder: string;
let root: ClientAuthority;
let database: TestDatabase;
let one: Site;
let other: Site;
let stage: Stage;
let receiver: WebhookReceiver;

beforeAll(async () => {
  openssl = new Openssl();
  folder = mkdtempSync(join(tmpdir(), 'signet-webhooks-'));
  root = ClientAuthority.root(openssl, '/CN=Root of receivers');
  const trusted = join(folder, 'root.pem');
  writeFileSync(trusted, root.identity.pem);
  database = await createTestDatabase();
  const environment = {
    PUBLIC_URL: 'https://id.example.org',
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: trusted,
  };
  one = await Site.start({ database, environment });
  other = await Site.start({ database, environment, dataDir: one.dataDir });
  stage = await setStage(one);
});
beforeEach(async () => {
  await startBoth();
  stage = { ...stage, projectId: await createProject(one, stage.admin, newName('project')) };
  receiver = await new WebhookReceiver().start();
});
afterEach(async () => {
  await database.query('UPDATE webhook_endpoint SET enabled = false');
  await receiver.stop();
});
afterAll(async () => {
  await other.remove();
  await one.remove();
  await database.drop();
  rmSync(folder, { recursive: true });
  openssl.remove();
});

async function startBoth(): Promise<void> {
  for (const site of [one, other]) if (!site.process.isRunning) await site.start();
}

const adminAt = (site: Site): WebhookAdmin => new WebhookAdmin(site, stage.admin);
const newEndpoint = (): Promise<TestEndpoint> => adminAt(one).create(stage.projectId, receiver);
const deliveriesOf = ({
  id,
}: TestEndpoint): Promise<
  { event_id: string; state: string; attempts: number; lease: string | null }[]
> =>
  database.query(
    'SELECT event_id, state, attempts, lease FROM webhook_delivery WHERE endpoint_id = $1',
    [id],
  );

test('two instances send each event once', async () => {
  const endpoint = await newEndpoint();
  const ids = await Promise.all(
    Array.from(
      { length: 24 },
      async (_, i) => (await orderFor(i % 2 === 0 ? one : other, stage)).id,
    ),
  );
  await receiver.until(24);
  await adminAt(other).untilState(endpoint.id, 'DELIVERED', 24);
  expect(receiver.received.map(({ data }) => data.enrolmentId).sort()).toEqual([...ids].sort());
  expect(new Set(receiver.ids).size).toBe(24);
  expect(await deliveriesOf(endpoint)).toHaveLength(24);
});

test('what an instance had sent, but not recorded when it was killed, is sent again by another under the same id', async () => {
  await other.process.kill();
  const endpoint = await newEndpoint();
  let answer: (status: number) => void = () => undefined;
  receiver.answers = [new Promise((resolve) => (answer = resolve))];
  await orderFor(one, stage);
  await receiver.until(1);
  const [held] = await deliveriesOf(endpoint);
  expect(held).toMatchObject({ state: 'PENDING', attempts: 1, lease: expect.any(String) });
  await one.process.kill();
  answer(204);
  await other.start();
  expect((await deliveriesOf(endpoint))[0]).toEqual(held); // whose attempt that was is not known to be gone yet
  await makeDue(database, endpoint.id); // its minute is over
  await receiver.until(2);
  await adminAt(other).untilState(endpoint.id, 'DELIVERED', 1);
  expect(new Set(receiver.ids).size).toBe(1);
  expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
  expect(await deliveriesOf(endpoint)).toMatchObject([{ state: 'DELIVERED', attempts: 2 }]);
});

test('an instance that is asked to end hands back what it is sending, and it counts as not tried', async () => {
  await other.process.kill();
  const endpoint = await newEndpoint();
  receiver.answers = [new Promise<number>(() => undefined)];
  await orderFor(one, stage);
  await receiver.until(1);
  expect(await one.process.terminate()).toMatchObject({ code: 0 });
  expect(await deliveriesOf(endpoint)).toMatchObject([
    { state: 'PENDING', attempts: 0, lease: null },
  ]);
  await other.start();
  await receiver.until(2);
  expect(new Set(receiver.ids).size).toBe(1);
});

test('however often instances are killed, everything arrives, and each event has one delivery', async () => {
  const endpoint = await newEndpoint();
  const expected: string[] = [];
  for (const [killed, alive] of [
    [one, other],
    [other, one],
    [one, other],
  ] as const) {
    const orders = Array.from({ length: 6 }, () => orderFor(alive, stage));
    await receiver.until(expected.length + 1);
    await killed.process.kill();
    expected.push(...(await Promise.all(orders)).map(({ id }) => id));
    await killed.start();
    await makeDue(database, endpoint.id);
  }
  await eventually(async () => {
    await makeDue(database, endpoint.id);
    const rows = await deliveriesOf(endpoint);
    const taken = rows.filter(({ state }) => state === 'DELIVERED');
    return taken.length === expected.length ? taken : undefined;
  });
  expect(new Set(receiver.received.map(({ data }) => data.enrolmentId))).toEqual(new Set(expected));
  const rows = await deliveriesOf(endpoint);
  expect(rows.map(({ event_id: id }) => id).sort()).toEqual([...new Set(receiver.ids)].sort());
});

test('a receiver proves by its certificate who it is, at the address that was judged', async () => {
  const tlsOf = (name: string): { key: string; cert: string } => {
    const { keyPem, pem } = root.issue(`/CN=${name}`, {
      extensions: [`subjectAltName=DNS:${name}`, 'extendedKeyUsage=serverAuth'],
    });
    return { key: keyPem, cert: pem };
  };
  const honest = await new WebhookReceiver(tlsOf('localhost')).start();
  const impostor = await new WebhookReceiver(tlsOf('other.example.org')).start();
  const admin = adminAt(one);
  const at = (target: WebhookReceiver) => ({
    url: `https://localhost:${String(target.port)}/hooks`,
    trust: (secret: string) => target.trust(secret),
  });
  const well = await admin.create(stage.projectId, at(honest));
  const badly = await admin.create(stage.projectId, at(impostor));
  expect(await admin.test(well.id)).toMatchObject({ state: 'DELIVERED' });
  expect(await admin.test(badly.id)).toMatchObject({ attemptLog: [{ problem: 'TLS_FAILED' }] });
  expect(impostor.received).toEqual([]);
  await honest.stop();
  await impostor.stop();
});
