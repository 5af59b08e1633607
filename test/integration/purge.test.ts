import { randomUUID } from 'node:crypto';
import { purgeAll } from '../../src/composition/housekeeping';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const DAY = 86_400;
/** Statements that add a row named $1 whose time is $2 seconds ago, and how its rows are found again. */
const TABLES = {
  oauth_assertion: [
    `INSERT INTO oauth_assertion (id, expires_at) VALUES ($1, now() - make_interval(secs => $2))`,
    'id',
  ],
  saml_message: [
    `INSERT INTO saml_message (provider_id, message_id, expires_at)
     VALUES ('${randomUUID()}', $1, now() - make_interval(secs => $2))`,
    'message_id',
  ],
  api_client_address: [
    `INSERT INTO api_client_address (api_client_id, address, last_used_at)
     VALUES ('${randomUUID()}', $1, now() - make_interval(secs => $2))`,
    'address',
  ],
  scim_token: [
    `WITH client AS (INSERT INTO api_client (id, client_id, name, scopes, project_ids, enabled, created_at)
       VALUES (gen_random_uuid(), $1, $1, '{}', '{}', true, now()) RETURNING id)
     INSERT INTO scim_token (id, token_hash, api_client_id, name, created_at, expires_at)
     SELECT gen_random_uuid(), sha256($1::bytea), id, $1, now(), now() - make_interval(secs => $2) FROM client`,
    'name',
  ],
  announcement: [
    `INSERT INTO announcement (topic, xid, at) VALUES ($1, 1, now() - make_interval(secs => $2))`,
    'topic',
  ],
  message: [
    `INSERT INTO message (id, channel, template, subject_id, state, queued_at, next_attempt_at, created_at, recipient)
     SELECT gen_random_uuid(), 'EMAIL', 'PASSWORD_CHANGED', gen_random_uuid(), 'SENT', at, at, at, $1
     FROM (SELECT now() - make_interval(secs => $2 + ${String(DAY)}) AS at) AS sent`,
    'recipient',
  ],
  webhook_delivery: [
    `INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, subject, payload, state, created_at, due_since, next_attempt_at)
     SELECT gen_random_uuid(), '${randomUUID()}', $1, 'webhook.test', $1, '{}', 'PENDING', at, at, at
     FROM (SELECT now() - make_interval(secs => $2) AS at) AS tested`,
    'event_id',
  ],
} as const;

test.each(Object.entries(TABLES))(
  'of %s goes what is over, and nothing else',
  async (table, of) => {
    const [insert, name] = of;
    await server.database.query(insert, ['over', 90 * DAY]);
    await server.database.query(insert, ['standing', -90 * DAY]);
    const { services } = server.app;
    const request = await services.work.systemRequest('test', randomUUID());
    await services.work.change(request, (scope) => purgeAll(services, scope));
    const left = await server.database.query<{ name: string }[]>(
      `SELECT ${name} AS name FROM ${table} WHERE ${name} IN ('over', 'standing')`,
    );
    expect(left).toEqual([{ name: 'standing' }]);
  },
);
