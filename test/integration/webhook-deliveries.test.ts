import { gatherCast, order, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { holderOf, moveProfile, type Holder } from '../helpers/profiles';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { WebhookReceiver } from '../helpers/receivers/webhook-receiver';
import { growOlder, makeDue, WebhookAdmin, type TestEndpoint } from '../helpers/webhooks';

let server: TestServer;
let cast: Cast;
let admin: WebhookAdmin;
let projectId: string;
let receiver: WebhookReceiver;
const receivers: WebhookReceiver[] = [];

beforeAll(async () => {
  server = await startTestServer({ environment: { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' } });
  cast = await gatherCast(server);
  admin = new WebhookAdmin(server, cast.admin);
});
beforeEach(async () => {
  projectId = await createProject(server, cast.admin, newName('project'));
  receiver = await another();
});
afterEach(async () => {
  await server.database.query('UPDATE webhook_endpoint SET enabled = false');
  for (const one of receivers.splice(0)) await one.stop();
});
afterAll(() => server.stop());

async function another(): Promise<WebhookReceiver> {
  const one = await new WebhookReceiver().start();
  receivers.push(one);
  return one;
}

/** Orders in the project and cancels: two events. */
async function orderAndCancel(): Promise<string> {
  const person = await createPerson(server, cast.admin, newName('user'));
  const token = await sessionOf(server, person.id);
  const { id } = await order(server, token, { projectId });
  await server.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
    { id },
    { token },
  );
  return id;
}

/** Waits until so many attempts of its first delivery are in the log. */
const untilRecorded = ({ id }: TestEndpoint, attempts: number): Promise<true> =>
  eventually(async () => {
    const [delivery] = (await admin.deliveries(id)).nodes;
    return delivery?.attemptLog.length === attempts ? true : undefined;
  });

const newHolder = (): Promise<Holder> => holderOf(server, { admin: cast.admin, projectId });
const standing = async ({ id }: TestEndpoint): Promise<any> =>
  (await admin.list(projectId)).find((endpoint) => endpoint.id === id);

test('a host system is told of each step of an order, in order, in messages that the reference library verifies', async () => {
  const endpoint = await admin.create(projectId, receiver);
  const { id: userId, profileId } = await newHolder();
  const messages = await receiver.until(4);
  expect(receiver.types).toEqual([
    'enrolment.waiting-for-scan',
    'enrolment.scanned',
    'enrolment.issuing',
    'enrolment.active',
  ]);
  const [first] = messages;
  const enrolmentId = first?.data.enrolmentId as string;
  expect(messages.map(({ data }) => data)).toEqual(
    ['WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE'].map((status, i) => ({
      ...{ projectId, enrolmentId, step: i + 1, status, userId, externalId: null },
      ...{ channel: 'SCREEN', profileId: status === 'ACTIVE' ? profileId : null, failure: null },
    })),
  );
  expect(first?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'Signet',
  });
  expect(new Set(receiver.ids).size).toBe(4);
  const nodes = await admin.untilState(endpoint.id, 'DELIVERED', 4);
  expect(nodes.map(({ webhookId }) => webhookId).reverse()).toEqual(receiver.ids);
  expect(receiver.rejected).toEqual([]);
});

test('what becomes of a mobile ID is told: suspended, reactivated, revoked, each once', async () => {
  const holder = await newHolder();
  await admin.create(projectId, receiver);
  const { profileId, token, id: userId } = holder;
  const operator = cast.operator.token;
  await moveProfile(server, 'deactivateMyProfile', profileId, { token });
  await moveProfile(server, 'deactivateProfile', profileId, { token: operator }); // is suspended already
  await moveProfile(server, 'reactivateProfile', profileId, { token: operator });
  await moveProfile(server, 'revokeProfile', profileId, { token: operator });
  const messages = await receiver.until(3);
  expect(messages.map(({ type, data }) => [type, data.state])).toEqual([
    ['profile.suspended', 'INACTIVE'],
    ['profile.reactivated', 'ACTIVE'],
    ['profile.revoked', 'REVOKED'],
  ]);
  expect(messages[0]?.data).toEqual({
    ...{ projectId, profileId, userId, externalId: null, state: 'INACTIVE' },
    enrolmentId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('a mobile ID that runs out is told', async () => {
  const { profileId } = await newHolder();
  await admin.create(projectId, receiver);
  await server.database.query(
    `UPDATE profile SET valid_to = now() - interval '1 second' WHERE id = $1`,
    [profileId],
  );
  expect((await receiver.untilType('profile.expired')).data).toMatchObject({
    profileId,
    state: 'EXPIRED',
  });
});

test('an endpoint is told of its own project alone, of what it asked for, and of nothing from before it was there', async () => {
  await orderAndCancel();
  const choosy = await another();
  const stranger = await another();
  const elsewhere = await createProject(server, cast.admin, newName('elsewhere'));
  await admin.create(projectId, receiver);
  await admin.create(projectId, choosy, { eventTypes: ['enrolment.cancelled'] });
  await admin.create(elsewhere, stranger);
  const id = await orderAndCancel();
  await receiver.until(2);
  await choosy.until(1);
  expect(receiver.received.map(({ data }) => data.enrolmentId)).toEqual([id, id]);
  expect(choosy.types).toEqual(['enrolment.cancelled']);
  expect(stranger.received).toEqual([]);
  expect(choosy.ids).toEqual(receiver.ids.slice(1)); // the same event has the same id everywhere
});

test('a message that is not taken is sent again, the same bytes under the same id, until it is', async () => {
  const endpoint = await admin.create(projectId, receiver, { eventTypes: ['enrolment.cancelled'] });
  receiver.answers = [500, 'HANG UP', 301, 429];
  await orderAndCancel();
  for (let tried = 1; tried <= 4; tried += 1) {
    await receiver.until(tried);
    await untilRecorded(endpoint, tried);
    await makeDue(server.database, endpoint.id);
  }
  await receiver.until(5);
  const [delivery] = await admin.untilState(endpoint.id, 'DELIVERED', 1);
  expect(new Set(receiver.ids).size).toBe(1);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  expect(delivery).toMatchObject({ webhookId: receiver.ids[0], attempts: 5, nextAttemptAt: null });
  expect(delivery.payload).toBe(receiver.received[0]?.body);
  expect(delivery.attemptLog.map(({ status, problem }: any) => status ?? problem)).toEqual([
    500,
    'NO_ANSWER',
    301,
    429,
    204,
  ]);
  expect(await standing(endpoint)).toMatchObject({ enabled: true, failingSince: null });
});

test('the next attempt waits as the schedule says, and longer where the receiver asks for it', async () => {
  const endpoint = await admin.create(projectId, receiver, { eventTypes: ['enrolment.cancelled'] });
  const patient = await another();
  const other = await admin.create(projectId, patient, { eventTypes: ['enrolment.cancelled'] });
  receiver.usual = 503;
  patient.usual = { status: 503, headers: { 'retry-after': '3600' } };
  await orderAndCancel();
  const pauseOf = ({ id }: TestEndpoint): Promise<number> =>
    eventually(async () => {
      const [row] = await server.database.query<{ pause: number }>(
        `SELECT extract(epoch FROM next_attempt_at - due_since)::float8 AS pause FROM webhook_delivery
         WHERE endpoint_id = $1 AND attempts = 1 AND lease IS NULL`,
        [id],
      );
      return row?.pause;
    });
  expect(await pauseOf(endpoint)).toBeGreaterThanOrEqual(4);
  expect(await pauseOf(endpoint)).toBeLessThan(600);
  expect(await pauseOf(other)).toBeGreaterThanOrEqual(3600);
  expect((await standing(endpoint)).failingSince).not.toBeNull();
});

test('after three days a message is given up, the endpoint turned off, and whoever looks after it told by mail', async () => {
  const alertEmail = `${newName('host')}@example.org`;
  const endpoint = await admin.create(projectId, receiver, {
    alertEmail,
    eventTypes: ['enrolment.cancelled'],
    description: 'CRM',
  });
  receiver.usual = 500;
  await orderAndCancel();
  await receiver.until(1);
  await eventually(async () =>
    (await standing(endpoint)).failingSince === null ? undefined : true,
  );
  await growOlder(server.database, endpoint.id, '72 hours');
  const [delivery] = await admin.untilState(endpoint.id, 'FAILED', 1);
  expect(delivery).toMatchObject({ nextAttemptAt: null });
  expect(await standing(endpoint)).toMatchObject({ enabled: false, disabledReason: 'FAILING' });
  const mail = await server.mailTo(alertEmail);
  expect(mail.subject).toContain('are turned off');
  expect(mail.text).toContain(`Receiver: http://127.0.0.1:${String(receiver.port)}\n`);
  expect(mail.text).not.toContain('/hooks'); // paths may be secret
  const entries = await server.database.query(
    `SELECT actor, action, detail FROM audit_entry WHERE target = $1 AND action = 'webhook-endpoint.disable'`,
    [`webhook-endpoint:${endpoint.id}`],
  );
  expect(entries).toEqual([
    { actor: 'system:webhooks', action: 'webhook-endpoint.disable', detail: 'FAILING' },
  ]);
});

test('the mail that an endpoint is turned off is in the language of its project', async () => {
  projectId = await createProject(server, cast.admin, newName('project'), { language: 'DE' });
  const alertEmail = `${newName('host')}@example.org`;
  await admin.create(projectId, receiver, { alertEmail });
  receiver.answers = [410];
  await orderAndCancel();
  expect((await server.mailTo(alertEmail)).subject).toContain('sind ausgeschaltet');
});

test('one message that is never taken turns nothing off as long as others are', async () => {
  const endpoint = await admin.create(projectId, receiver);
  receiver.answers = [500];
  await orderAndCancel();
  await receiver.until(2);
  await admin.untilState(endpoint.id, 'DELIVERED', 1);
  receiver.usual = 500;
  await server.database.query(
    `UPDATE webhook_delivery SET due_since = due_since - interval '72 hours', next_attempt_at = now() WHERE endpoint_id = $1 AND state = 'PENDING'`,
    [endpoint.id],
  );
  await admin.untilState(endpoint.id, 'FAILED', 1);
  expect(await standing(endpoint)).toMatchObject({ enabled: true });
});

test('a receiver that answers 410 is sent no more, and what it has missed waits for it', async () => {
  const endpoint = await admin.create(projectId, receiver, { alertEmail: null });
  receiver.answers = [410];
  const first = await orderAndCancel();
  await eventually(async () => ((await standing(endpoint)).enabled ? undefined : true));
  expect(await standing(endpoint)).toMatchObject({ disabledReason: 'GONE' });
  const second = await orderAndCancel();
  await admin.update(endpoint.id, { enabled: true });
  await eventually(() => Promise.resolve(new Set(receiver.ids).size === 4 ? true : undefined));
  expect(new Set(receiver.received.map(({ data }) => data.enrolmentId))).toEqual(
    new Set([first, second]),
  );
  expect(await admin.untilState(endpoint.id, 'DELIVERED', 4)).toHaveLength(4);
});

test('what happens while an endpoint is turned off is told once it is turned on', async () => {
  const endpoint = await admin.create(projectId, receiver);
  await admin.update(endpoint.id, { enabled: false });
  const missed = await orderAndCancel();
  expect((await admin.deliveries(endpoint.id)).nodes).toEqual([]);
  await admin.update(endpoint.id, { enabled: true });
  const messages = await receiver.until(2);
  expect(messages.map(({ data }) => data.enrolmentId)).toEqual([missed, missed]);
});

test('during a rotation messages are signed with both secrets, and after it with the new one alone', async () => {
  const endpoint = await admin.create(projectId, receiver, { eventTypes: ['enrolment.cancelled'] });
  const fresh = await admin.rotate(endpoint.id);
  await orderAndCancel();
  const [both] = await receiver.until(1); // verified by the old one
  expect(both?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
  receiver.distrust(endpoint.secret).trust(fresh);
  await orderAndCancel();
  await receiver.until(2); // verified by the new one
  const last = await admin.rotate(endpoint.id, 0);
  receiver.distrust(fresh).trust(last);
  await orderAndCancel();
  const alone = (await receiver.until(3))[2];
  expect(alone?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  expect(receiver.rejected).toEqual([]);
});

test('everything behind an event is told again under its own id, and also to who was not there', async () => {
  const endpoint = await admin.create(projectId, receiver);
  const { profileId } = await newHolder();
  await moveProfile(server, 'revokeProfile', profileId, { token: cast.operator.token });
  await receiver.until(5);
  await admin.untilState(endpoint.id, 'DELIVERED', 5);
  const before = new Map(receiver.received.map(({ type, id }) => [type, id]));
  const bodies = new Map(receiver.received.map(({ id, body }) => [id, body]));
  await admin.replay(endpoint.id, { after: before.get('enrolment.scanned') });
  await receiver.until(8);
  expect(new Set(receiver.types.slice(5))).toEqual(
    new Set(['enrolment.issuing', 'enrolment.active', 'profile.revoked']),
  );
  expect(receiver.received.every(({ id, body }) => bodies.get(id) === body)).toBe(true);
  expect((await admin.deliveries(endpoint.id)).totalCount).toBe(5);
  const late = await another();
  const newcomer = await admin.create(projectId, late);
  await admin.replay(newcomer.id, { since: '2025-01-01T00:00:00Z' });
  await late.until(5);
  expect(new Set(late.ids)).toEqual(new Set(before.values()));
  await admin.replay(newcomer.id, { after: before.get('profile.revoked') }); // nothing is behind it
  await orderAndCancel();
  await late.until(7);
  expect(late.ids.slice(5).filter((id) => bodies.has(id))).toEqual([]);
});

test('a replay begins where the event stands, not where another project’s does', async () => {
  const elsewhere = await createProject(server, cast.admin, newName('elsewhere'));
  const endpoint = await admin.create(elsewhere, receiver);
  const local = await another();
  await admin.create(projectId, local);
  await orderAndCancel();
  const [message] = await local.until(1);
  const answer = await admin.tryReplay(endpoint.id, { after: message?.id });
  expect(codeOf(answer)).toBe('INVALID_INPUT');
});

test('one message is sent again at an administrator’s wish, even when it was given up', async () => {
  const endpoint = await admin.create(projectId, receiver, { eventTypes: ['enrolment.cancelled'] });
  receiver.answers = [500];
  await orderAndCancel();
  await untilRecorded(endpoint, 1);
  await server.database.query(
    `UPDATE webhook_delivery SET state = 'FAILED', finished_at = now() WHERE endpoint_id = $1`,
    [endpoint.id],
  );
  const [given] = (await admin.deliveries(endpoint.id, { state: 'FAILED' })).nodes;
  const { data, errors } = await admin.tryResend(given.id as string);
  expect(errors).toEqual([]);
  expect(data.resendWebhookDelivery).toMatchObject({
    id: given.id,
    state: 'PENDING',
    finishedAt: null,
  });
  await receiver.until(2);
  const [taken] = await admin.untilState(endpoint.id, 'DELIVERED', 1);
  expect(taken).toMatchObject({ id: given.id, webhookId: receiver.ids[0] });
  const again = await admin.tryResend(taken.id as string);
  expect(again.errors).toEqual([]);
  await receiver.until(3);
  expect(new Set(receiver.ids).size).toBe(1);
});

test('a test tells what became of it at once, also where the endpoint is turned off, and is tried once', async () => {
  const endpoint = await admin.create(projectId, receiver, { enabled: false });
  const well = await admin.test(endpoint.id);
  expect(well).toMatchObject({ type: 'webhook.test', state: 'DELIVERED', attempts: 1 });
  expect(receiver.received[0]).toMatchObject({
    ...{ id: well.webhookId, type: 'webhook.test', body: well.payload },
    data: { projectId, endpointId: endpoint.id },
  });
  receiver.usual = 500;
  const badly = await admin.test(endpoint.id);
  expect(badly).toMatchObject({ state: 'FAILED', attemptLog: [{ status: 500, problem: null }] });
  expect(await standing(endpoint)).toMatchObject({ failingSince: null });
  await server.database.query(`DELETE FROM rate_limit WHERE key LIKE 'webhook/test:%'`);
  for (let i = 0; i < 30; i += 1) {
    await admin.tryTest(endpoint.id);
  }
  expect(codeOf(await admin.tryTest(endpoint.id))).toBe('RATE_LIMITED');
  const second = await admin.create(projectId, receiver, { enabled: false });
  expect(codeOf(await admin.tryTest(second.id))).toBe('RATE_LIMITED');
  await server.database.query(`DELETE FROM rate_limit WHERE key LIKE 'webhook/test:%'`);
});

test('a URL that leads to a private address after it was accepted is refused at the sending', async () => {
  const endpoint = await admin.create(projectId, receiver);
  for (const url of [
    'http://127.0.0.2:1/',
    'https://169.254.169.254/',
    'https://[::1]/',
    'http://8.8.8.8/',
  ]) {
    await server.database.query('UPDATE webhook_endpoint SET url = $2 WHERE id = $1', [
      endpoint.id,
      url,
    ]);
    expect(await admin.test(endpoint.id)).toMatchObject({
      state: 'FAILED',
      attemptLog: [{ status: null, problem: 'ADDRESS_REFUSED' }],
    });
  }
});

test('the log is read page by page, and forgets what is over for 30 days, but never what still waits', async () => {
  const endpoint = await admin.create(projectId, receiver);
  await orderAndCancel();
  await orderAndCancel();
  const all = await admin.untilState(endpoint.id, 'DELIVERED', 4);
  const pages: any[] = [];
  for (let after: string | null = null; pages.length < 4;) {
    const page: any = await admin.deliveries(endpoint.id, { first: 3, after });
    pages.push(...page.nodes);
    expect(page.totalCount).toBe(4);
    after = page.pageInfo.endCursor;
  }
  expect(pages.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  receiver.usual = 500;
  await orderAndCancel();
  await admin.untilState(endpoint.id, 'PENDING', 2);
  await server.database.query(
    `UPDATE webhook_delivery SET finished_at = finished_at - interval '31 days', created_at = created_at - interval '31 days' WHERE endpoint_id = $1`,
    [endpoint.id],
  );
  const { webhookDeliveries, work } = server.app.services;
  await work.change(await work.systemRequest('test', 'test'), (scope) =>
    webhookDeliveries.purge(scope),
  );
  const left = await admin.deliveries(endpoint.id);
  expect(left.nodes.map(({ state }: any) => state)).toEqual(['PENDING', 'PENDING']);
});

test('the attempts that are remembered are the last forty', async () => {
  const endpoint = await admin.create(projectId, receiver, { eventTypes: ['enrolment.cancelled'] });
  receiver.answers = [500];
  await orderAndCancel();
  await receiver.until(1);
  const attempt = { at: '2025-01-01T00:00:00.000Z', status: 418, problem: null, milliseconds: 1 };
  await untilRecorded(endpoint, 1);
  await server.database.query(
    `UPDATE webhook_delivery SET attempt_log = $2::jsonb, next_attempt_at = now() WHERE endpoint_id = $1`,
    [endpoint.id, JSON.stringify(Array(60).fill(attempt))],
  );
  const [delivery] = await admin.untilState(endpoint.id, 'DELIVERED', 1);
  expect(delivery.attemptLog).toHaveLength(40);
  expect(delivery.attemptLog.at(-1)).toMatchObject({ status: 204 });
});

test('a receiver that hangs holds up no other', async () => {
  let answer: (status: number) => void = () => undefined;
  receiver.usual = new Promise((resolve) => (answer = resolve));
  const quick = await another();
  await admin.create(projectId, receiver);
  await admin.create(projectId, quick);
  await orderAndCancel();
  await receiver.until(1);
  await quick.until(2);
  await orderAndCancel();
  expect(await quick.until(4)).toHaveLength(4);
  answer(204);
});

test('of one order a step is sent when the one before was tried, of others at the same time', async () => {
  let answer: (status: number) => void = () => undefined;
  receiver.usual = new Promise((resolve) => (answer = resolve));
  const endpoint = await admin.create(projectId, receiver);
  await admin.update(endpoint.id, { enabled: false });
  const [one, other] = [await orderAndCancel(), await orderAndCancel()];
  await admin.update(endpoint.id, { enabled: true });
  const [a, b] = await receiver.until(2);
  expect(new Set([a?.data.enrolmentId, b?.data.enrolmentId])).toEqual(new Set([one, other]));
  expect([a?.data.step, b?.data.step]).toEqual([1, 1]);
  answer(204);
  await receiver.until(4);
  expect(receiver.received.slice(2).map(({ data }) => data.step)).toEqual([2, 2]);
});
