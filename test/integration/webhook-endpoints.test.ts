import { accessToken, createClient } from '../helpers/api-clients';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { startTestServer, type TestServer } from '../helpers/server';
import { WebhookAdmin } from '../helpers/webhooks';

const NOTHING = '00000000-0000-4000-8000-000000000000';
const URL = 'https://hooks.invalid/signet';

let server: TestServer;
let cast: Cast;
let admin: WebhookAdmin;
let projectId: string;

beforeAll(async () => {
  server = await startTestServer({ environment: { WEBHOOK_ALLOWED_NETWORKS: '10.9.0.0/16' } });
  cast = await gatherCast(server);
  admin = new WebhookAdmin(server, cast.admin);
});
beforeEach(async () => {
  projectId = await createProject(server, cast.admin, newName('project'));
});
afterAll(() => server.stop());

async function created(input: object = {}): Promise<any> {
  const { data, errors } = await admin.tryCreate(projectId, { url: URL, ...input });
  expect(errors).toEqual([]);
  return data.createWebhookEndpoint;
}

const audited = (id: string): Promise<{ action: string; detail: string | null }[]> =>
  server.database.query('SELECT action, detail FROM audit_entry WHERE target = $1 ORDER BY id', [
    `webhook-endpoint:${id}`,
  ]);

test('an endpoint is made, changed, listed and taken away, each with its audit entry', async () => {
  const { endpoint } = await created({ eventTypes: ['enrolment.active'], description: ' CRM ' });
  expect(endpoint).toMatchObject({
    ...{ projectId, url: URL, description: 'CRM', eventTypes: ['enrolment.active'] },
    ...{ alertEmail: 'admin@example.org', enabled: true, disabledReason: null, failingSince: null },
  });
  const changed = await admin.update(endpoint.id, {
    url: 'https://other.example.org/path?token=hidden',
    eventTypes: [],
    enabled: false,
  });
  expect(changed).toMatchObject({
    eventTypes: [],
    enabled: false,
    disabledReason: 'ADMINISTRATOR',
  });
  expect(changed.disabledAt).not.toBeNull();
  expect(await admin.list(projectId)).toEqual([changed]);
  const again = await admin.update(endpoint.id, { enabled: true, alertEmail: null });
  expect(again).toMatchObject({
    enabled: true,
    disabledReason: null,
    disabledAt: null,
    alertEmail: null,
  });
  await admin.delete(endpoint.id);
  expect(await admin.list(projectId)).toEqual([]);
  expect(await audited(endpoint.id)).toEqual([
    { action: 'webhook-endpoint.create', detail: 'https://hooks.invalid' },
    {
      action: 'webhook-endpoint.update',
      detail: 'url eventTypes enabled → https://other.example.org',
    },
    { action: 'webhook-endpoint.update', detail: 'alertEmail enabled' },
    { action: 'webhook-endpoint.delete', detail: 'https://other.example.org' },
  ]);
});

test('a secret is shown once, is long enough, and lies sealed', async () => {
  const { endpoint, secret } = await created();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  expect(key).toHaveLength(32);
  const rows = await server.database.query<{ sealed: Buffer }>(
    'SELECT sealed FROM webhook_secret WHERE endpoint_id = $1',
    [endpoint.id],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.sealed.includes(key)).toBe(false);
  expect(JSON.stringify(await admin.list(projectId))).not.toContain(secret);
});

test('a sealed secret is of no use under another endpoint’s name', async () => {
  const [one, other] = [await created(), await created()];
  await server.database.query(
    `UPDATE webhook_secret SET sealed = (SELECT sealed FROM webhook_secret WHERE endpoint_id = $2) WHERE endpoint_id = $1`,
    [one.endpoint.id, other.endpoint.id],
  );
  const { webhookSecrets, work } = server.app.services;
  const scope = work.read(await work.systemRequest('test', 'test'));
  await expect(webhookSecrets.signing(scope, one.endpoint.id)).rejects.toThrow();
});

test('while secrets change several of them sign, and no more than five', async () => {
  const { endpoint } = await created();
  for (let i = 0; i < 4; i += 1) await admin.rotate(endpoint.id);
  const fifth = await admin.tryRotate(endpoint.id);
  expect(codeOf(fifth)).toBe('CONFLICT');
  expect(fifth.errors[0]?.extensions['reason']).toBe('TOO_MANY_SECRETS');
  const { webhookSecrets, work } = server.app.services;
  const scope = work.read(await work.systemRequest('test', 'test'));
  expect(await webhookSecrets.signing(scope, endpoint.id)).toHaveLength(5);
  const last = await admin.rotate(endpoint.id, 0);
  const [only, ...others] = await webhookSecrets.signing(scope, endpoint.id);
  expect(others).toEqual([]);
  expect(`whsec_${only?.toString('base64') ?? ''}`).toBe(last);
});

test('secrets that no longer sign are deleted', async () => {
  const { endpoint } = await created();
  await admin.rotate(endpoint.id, 0);
  const { webhookSecrets, work } = server.app.services;
  await work.change(await work.systemRequest('test', 'test'), (scope) =>
    webhookSecrets.purge(scope),
  );
  const rows = await server.database.query('SELECT id FROM webhook_secret WHERE endpoint_id = $1', [
    endpoint.id,
  ]);
  expect(rows).toHaveLength(1);
});

test.each([-1, 604_801])('an overlap of %d seconds is refused', async (overlap) => {
  const { endpoint } = await created();
  expect(codeOf(await admin.tryRotate(endpoint.id, overlap))).toBe('INVALID_INPUT');
});

test.each([
  ['https://10.9.1.1/', []],
  ['http://10.9.1.1:3000/', []],
  ['https://10.8.1.1/', ['input.url']],
  ['https://169.254.169.254/latest/meta-data/', ['input.url']],
  ['https://[::ffff:127.0.0.1]/', ['input.url']],
  ['http://8.8.8.8/', ['input.url']],
])('%s is judged as the server is set up', async (url, refused) => {
  const { errors } = await admin.tryCreate(projectId, { url });
  const fields = (errors[0]?.extensions['fields'] ?? []) as { field: string }[];
  expect(fields.map(({ field }) => field)).toEqual(refused);
  const { endpoint } = await created();
  const changed = await admin.tryUpdate(endpoint.id, { url });
  expect(changed.errors.map(({ extensions }) => extensions.code)).toEqual(
    refused.length === 0 ? [] : ['INVALID_INPUT'],
  );
});

test('a project has twenty endpoints at most, however many are made at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 23 }, () => admin.tryCreate(projectId, { url: URL })),
  );
  const refused = answers.filter(({ errors }) => errors.length > 0);
  expect(refused.map((answer) => answer.errors[0]?.extensions['reason'])).toEqual(
    Array<string>(3).fill('TOO_MANY_ENDPOINTS'),
  );
  expect(await admin.list(projectId)).toHaveLength(20);
});

test('what does not exist cannot be asked for', async () => {
  const { endpoint } = await created();
  await admin.delete(endpoint.id);
  for (const id of [endpoint.id as string, NOTHING, 'nonsense']) {
    const answers = [
      await admin.tryUpdate(id, { description: 'x' }),
      await admin.tryRotate(id),
      await admin.tryTest(id),
      await admin.tryReplay(id, { since: '2025-01-01T00:00:00Z' }),
      await admin.tryDeliveries(id),
      await admin.tryResend(id),
      await admin.tryCreate(id, { url: URL }),
    ];
    expect(answers.map(codeOf)).toEqual(answers.map(() => 'NOT_FOUND'));
  }
});

test.each([
  ['neither of both', {}],
  ['both', { after: 'enrolment_x', since: '2025-01-01T00:00:00Z' }],
  ['nonsense', { after: 'nonsense' }],
  ['a test’s id', { after: 'test_00000000-0000-4000-8000-000000000000' }],
  ['a cursor of nobody', { after: `enrolment_${'A'.repeat(59)}` }],
])('a replay from %s is refused', async (_what, start) => {
  const { endpoint } = await created();
  expect(codeOf(await admin.tryReplay(endpoint.id, start))).toBe('INVALID_INPUT');
});

test('an endpoint that is turned off is neither replayed nor sent to again', async () => {
  const { endpoint } = await created({ enabled: false });
  expect(endpoint).toMatchObject({ enabled: false, disabledReason: 'ADMINISTRATOR' });
  const answer = await admin.tryReplay(endpoint.id, { since: '2025-01-01T00:00:00Z' });
  expect(codeOf(answer)).toBe('INVALID_TRANSITION');
  expect(answer.errors[0]?.extensions['reason']).toBe('ENDPOINT_DISABLED');
});

test('an API client that the rules let in reaches the endpoints of its own projects alone', async () => {
  const scopes = ['enrolment:create'];
  const rule = await server.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    {
      input: {
        name: newName('rule'),
        resources: ['/admin/webhooks'],
        when: { callers: ['API_CLIENT'], scopes },
        require: [],
      },
    },
    { token: cast.admin },
  );
  expect(rule.errors).toEqual([]);
  const { endpoint } = await created();
  const delivery = await admin.test(endpoint.id);
  const elsewhere = await createProject(server, cast.admin, newName('elsewhere'));
  const outside = new WebhookAdmin(
    server,
    await accessToken(
      server,
      await createClient(server, cast.admin, { scopes, projectIds: [elsewhere] }),
    ),
  );
  const refused = [
    await outside.tryCreate(projectId, { url: URL }),
    await outside.tryUpdate(endpoint.id, { enabled: false }),
    await outside.tryRotate(endpoint.id),
    await outside.tryTest(endpoint.id),
    await outside.tryReplay(endpoint.id, { since: '2025-01-01T00:00:00Z' }),
    await outside.tryDeliveries(endpoint.id),
    await outside.tryResend(delivery.id as string),
  ];
  expect(refused.map(codeOf)).toEqual(refused.map(() => 'NOT_FOUND'));
  await expect(outside.list(projectId)).rejects.toThrow('NOT_FOUND');
  await expect(outside.delete(endpoint.id)).rejects.toThrow('NOT_FOUND');
  const own = await outside.tryCreate(elsewhere, { url: URL });
  expect(own.data.createWebhookEndpoint.endpoint).toMatchObject({
    projectId: elsewhere,
    alertEmail: null,
  });
});
