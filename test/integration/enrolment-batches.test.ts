import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { WebSocket } from 'ws';
import { createClient as createSocketClient } from 'graphql-ws';
import type { EnrolmentBatchId } from '../../src/kernel/ids';
import { accessToken, createClient } from '../helpers/api-clients';
import { endOf, lookAt, startBatch, tryBatch, type SeenBatch } from '../helpers/batches';
import { gatherCast, order, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(() => server.database.query('DELETE FROM rate_limit'));
afterAll(() => server.stop());

const newProject = (settings: object = {}): Promise<string> =>
  createProject(server, cast.admin, newName('project'), { ...settings });
const someone = (roles: string[] = []): Promise<Person> =>
  createPerson(server, cast.admin, newName('user'), roles);
const some = async (count: number): Promise<string[]> => {
  const people: string[] = [];
  while (people.length < count) people.push((await someone()).id);
  return people;
};

async function run(
  projectId: string,
  input: object,
  token = cast.operator.token,
): Promise<SeenBatch> {
  const { id } = await startBatch(server, token, projectId, { ...input });
  return endOf(server, token, id);
}

interface Row {
  readonly userId: string;
  readonly status: string;
  readonly channel: string;
  readonly seconds: number;
}
function enrolmentsIn(projectId: string): Promise<Row[]> {
  return server.database.query<Row>(
    `SELECT user_id AS "userId", status, channel, extract(epoch FROM code_expires_at - created_at)::int AS seconds
     FROM enrolment WHERE project_id = $1 ORDER BY created_at`,
    [projectId],
  );
}

describe('a batch', () => {
  test('orders for each user, and says for whom it could not, and why', async () => {
    const projectId = await newProject();
    const [first, second] = await some(2);
    const inactive = await someone();
    await server.graphql(
      'mutation ($id: ID!) { deactivateUser(id: $id) { id } }',
      { id: inactive.id },
      { token: cast.admin },
    );
    const stranger = randomUUID();
    const userIds = [first, stranger, inactive.id, cast.adminId, second, first];
    const batch = await run(projectId, { userIds });
    expect(batch).toMatchObject({ state: 'FINISHED', total: 5, ordered: 2, skipped: 0, failed: 3 });
    const failures = batch.failures.map(({ userId, failure }) => [userId, failure.code]);
    expect(failures).toEqual([
      [stranger, 'NOT_FOUND'],
      [inactive.id, 'USER_NOT_ACTIVE'],
      [cast.adminId, 'FORBIDDEN'],
    ]);
    expect((await enrolmentsIn(projectId)).map(({ userId }) => userId)).toEqual([first, second]);
  });

  test('mails each invitation, and tells who has no address', async () => {
    const projectId = await newProject({ channels: ['SCREEN', 'EMAIL'] });
    const [one, other] = [await someone(), await someone()];
    await server.database.query('UPDATE app_user SET email = NULL WHERE id = $1', [other.id]);
    const batch = await run(projectId, { userIds: [one.id, other.id], channel: 'EMAIL' });
    expect(batch).toMatchObject({ ordered: 1, failed: 1 });
    expect(batch.failures[0]?.failure.code).toBe('CHANNEL_NOT_AVAILABLE');
    await server.mailTo(one.email);
  });

  test('on screen makes codes to print, that can be scanned for as long as those in mails', async () => {
    const projectId = await newProject({ codeTtlSeconds: 60, invitationTtlSeconds: 86_400 });
    await run(projectId, { userIds: await some(1) });
    expect(await enrolmentsIn(projectId)).toMatchObject([{ channel: 'SCREEN', seconds: 86_400 }]);
  });

  test('leaves holders out, where it is asked to', async () => {
    const projectId = await newProject();
    const [pending, holder, nobody] = await some(3);
    await order(server, await sessionOf(server, pending ?? ''), { projectId });
    await server.database.query(
      `INSERT INTO profile (id, project_id, user_id, enrolment_id, device_id, name, account_name, server_name, state, valid_from, valid_to, created_at)
       VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), gen_random_uuid(), 'n', 'a', 's', 'INACTIVE', now(), now() + interval '1 day', now())`,
      [projectId, holder],
    );
    const userIds = [pending, holder, nobody];
    const batch = await run(projectId, { userIds, skipHolders: true });
    expect(batch).toMatchObject({ ordered: 1, skipped: 2, failed: 0 });
    expect(await run(projectId, { userIds })).toMatchObject({ ordered: 3, skipped: 0 });
    expect((await enrolmentsIn(projectId)).map(({ status }) => status).sort()).toEqual([
      'SUPERSEDED',
      'SUPERSEDED',
      ...Array<string>(3).fill('WAITING_FOR_SCAN'),
    ]);
  });

  test('can be for all members of the project, by name', async () => {
    const projectId = await newProject();
    const people = [await someone(), await someone(), await someone()];
    await server.database.query(
      `INSERT INTO project_member (id, project_id, user_id, added_at, updated_at, removed_at)
       SELECT gen_random_uuid(), $1, id, now(), now(), CASE WHEN id = $3 THEN now() END FROM unnest($2::uuid[]) id`,
      [projectId, people.map(({ id }) => id), people[1]?.id],
    );
    expect(await run(projectId, { allMembers: true })).toMatchObject({ total: 2, ordered: 2 });
    const ordered = (await enrolmentsIn(projectId)).map(({ userId }) => userId);
    const named = [people[0], people[2]].sort((a, b) =>
      (a?.username ?? '') < (b?.username ?? '') ? -1 : 1,
    );
    expect(ordered).toEqual(named.map((person) => person?.id));
  });

  test('is audited from its beginning to its end, and each order under the name of who ordered', async () => {
    const projectId = await newProject();
    const { id } = await run(projectId, { userIds: await some(2) });
    const entries = await server.database.query<{ actor: string; action: string }>(
      `SELECT actor, action FROM audit_entry WHERE target = $1 OR request_id = $2 ORDER BY id`,
      [`enrolment-batch:${id}`, id],
    );
    const olga = 'user:olga';
    expect(entries).toEqual([
      { actor: olga, action: 'enrolment-batch.create' },
      { actor: olga, action: 'enrolment.start' },
      { actor: olga, action: 'enrolment.start' },
      { actor: 'system:enrolment-batch', action: 'enrolment-batch.finish' },
    ]);
  });
});

describe('an order for many is refused', () => {
  const refusal = async (input: object, projectId?: string): Promise<string> =>
    codeOf(await tryBatch(server, cast.operator.token, projectId ?? cast.projectId, { ...input }));

  test('that names nobody, or in two ways, or no ids, or too many', async () => {
    const ids = [cast.alva.id];
    for (const input of [
      {},
      { userIds: [] },
      { allMembers: false },
      { userIds: ids, allMembers: true },
      { userIds: null, allMembers: null },
      { userIds: ['x'] },
      { userIds: Array<string>(5001).fill(cast.alva.id) },
      { allMembers: true }, // it has none
      { userIds: ids, idempotencyKey: '' },
      { userIds: ids, idempotencyKey: 'a\0b' },
      { userIds: ids, validityDays: 0 },
      { userIds: ids, certificates: [] },
    ]) {
      expect([input, await refusal(input)]).toEqual([input, 'INVALID_INPUT']);
    }
  });

  test('by channels and certificates that the project has not', async () => {
    const userIds = [cast.alva.id];
    expect(await refusal({ userIds, channel: 'EMAIL' })).toBe('CHANNEL_NOT_AVAILABLE');
    const projectId = await newProject({
      selectableCertificates: ['SIGNATURE'],
      defaultCertificates: ['SIGNATURE'],
    });
    expect(await refusal({ userIds, certificates: ['AUTHENTICATION'] }, projectId)).toBe(
      'CERTIFICATE_NOT_SELECTABLE',
    );
  });

  test('in a project where phones come by themselves, and in none', async () => {
    const projectId = await newProject();
    await server.database.query(`UPDATE project SET mode = 'SELF_REGISTRATION' WHERE id = $1`, [
      projectId,
    ]);
    const userIds = [cast.alva.id];
    expect(await refusal({ userIds }, projectId)).toBe('WRONG_PROJECT_MODE');
    for (const none of [randomUUID(), 'nonsense', '']) {
      expect(await refusal({ userIds }, none)).toBe('NOT_FOUND');
    }
  });

  test('after sixty within an hour', async () => {
    const { token } = { token: await sessionOf(server, (await someone(['OPERATOR'])).id) };
    const projectId = await newProject();
    const key = { userIds: [cast.alva.id], idempotencyKey: 'the same' };
    for (let i = 0; i < 60; i += 1) await startBatch(server, token, projectId, key);
    expect(codeOf(await tryBatch(server, token, projectId, key))).toBe('RATE_LIMITED');
  });
});

describe('the same key', () => {
  test('gives the same batch, at the same time as well, and another order is a conflict', async () => {
    const projectId = await newProject();
    const [one, two] = await some(2);
    const input = { userIds: [one, two], idempotencyKey: newName('key') };
    const started = await Promise.all(
      Array.from({ length: 4 }, () => startBatch(server, cast.operator.token, projectId, input)),
    );
    expect(new Set(started.map(({ id }) => id)).size).toBe(1);
    const turned = { ...input, userIds: [two, one, two] };
    const again = await startBatch(server, cast.operator.token, projectId, turned);
    expect(again.id).toBe(started[0]?.id);
    await endOf(server, cast.operator.token, again.id);
    expect(await enrolmentsIn(projectId)).toHaveLength(2);
    for (const other of [{ userIds: [one] }, { validityDays: 7 }, { skipHolders: true }]) {
      const answer = await tryBatch(server, cast.operator.token, projectId, { ...input, ...other });
      expect(codeOf(answer)).toBe('CONFLICT');
    }
    const elsewhere = await tryBatch(server, cast.operator.token, await newProject(), input);
    expect(codeOf(elsewhere)).toBe('CONFLICT');
    const ofAnother = await startBatch(server, cast.admin, projectId, input);
    expect(ofAnother.id).not.toBe(again.id);
  });
});

describe('progress', () => {
  /** All that comes; the code where it is refused. */
  async function watch(id: string, token: string): Promise<SeenBatch[] | string> {
    const client = createSocketClient({
      url: `${server.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const query = `subscription ($id: ID!) { enrolmentBatch(id: $id) { id state total ordered skipped failed finishedAt } }`;
    const seen: SeenBatch[] = [];
    try {
      for await (const { data, errors } of client.iterate<{ enrolmentBatch: SeenBatch }>({
        query,
        variables: { id },
      })) {
        if (errors !== undefined) return String(errors[0]?.extensions?.['code']);
        if (data) seen.push(data.enrolmentBatch);
      }
    } catch (errors) {
      return (errors as { extensions: { code: string } }[])[0]?.extensions.code ?? String(errors);
    } finally {
      await client.dispose();
    }
    return seen;
  }

  test('comes step by step, and ends with the batch', async () => {
    const projectId = await newProject();
    const userIds = [...(await some(6)), randomUUID()];
    const { id } = await startBatch(server, cast.operator.token, projectId, { userIds });
    const seen = await watch(id, cast.operator.token);
    if (typeof seen === 'string') throw new Error(seen);
    const done = seen.map(({ ordered, failed }) => ordered + failed);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ state: 'FINISHED', ordered: 6, failed: 1 });
    expect(seen.filter(({ state }) => state !== 'RUNNING')).toHaveLength(1);
    const again = await watch(id, cast.operator.token);
    expect(again).toEqual([seen.at(-1)]);
  });

  test('is not for those who may not see orders, and of no batch that is not there', async () => {
    const { id } = await run(cast.projectId, { userIds: [cast.alva.id] });
    expect(await watch(id, cast.alva.token)).toBe('FORBIDDEN');
    for (const none of [randomUUID(), 'x']) {
      expect(await watch(none, cast.operator.token)).toBe('NOT_FOUND');
      expect(await lookAt(server, cast.operator.token, none)).toBeNull();
    }
  });

  test('batches are listed, newest first, for each project', async () => {
    const projectId = await newProject();
    const first = await run(projectId, { userIds: [cast.alva.id] });
    const second = await run(projectId, { userIds: [cast.alva.id] });
    const { data } = await server.graphql(
      'query ($projectId: ID) { enrolmentBatches(projectId: $projectId) { totalCount nodes { id } } }',
      { projectId },
      { token: cast.operator.token },
    );
    expect(data.enrolmentBatches).toEqual({
      totalCount: 2,
      nodes: [{ id: second.id }, { id: first.id }],
    });
  });
});

/** Holds a user's row, so that a batch that comes to him stands still. */
class Hold {
  private constructor(private readonly client: Client) {}

  static async of(userId: string): Promise<Hold> {
    const client = new Client({ connectionString: server.database.url });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM app_user WHERE id = $1 FOR UPDATE', [userId]);
    return new Hold(client);
  }

  /** Waits until somebody waits for it. */
  async reached(): Promise<void> {
    await eventually(async () => {
      const { rows } = await this.client.query(
        `SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))`,
      );
      return rows.length > 0 ? true : undefined;
    });
  }

  async release(): Promise<void> {
    await this.client.query('COMMIT');
    await this.client.end();
  }
}

/** The same batch, at its second user, when something happens. */
async function inTheMiddle(
  token: string,
  happens: (batch: { id: string; projectId: string; userIds: string[] }) => Promise<unknown>,
  projectId?: string,
): Promise<{ batch: SeenBatch; rows: Row[] }> {
  const place = projectId ?? (await newProject());
  const userIds = await some(4);
  const hold = await Hold.of(userIds[1] ?? '');
  const { id } = await startBatch(server, token, place, { userIds });
  await hold.reached();
  await happens({ id, projectId: place, userIds });
  await hold.release();
  return { batch: await endOf(server, cast.admin, id), rows: await enrolmentsIn(place) };
}

async function mutate(query: string, variables: object, token = cast.admin): Promise<void> {
  const { errors } = await server.graphql(query, { ...variables }, { token });
  expect(errors).toEqual([]);
}

describe('a batch that is running', () => {
  const CANCEL = 'mutation ($id: ID!) { cancelEnrolmentBatch(id: $id) { state ordered } }';

  test('places no order after it is cancelled, and keeps those that are placed', async () => {
    const { batch, rows } = await inTheMiddle(cast.operator.token, ({ id }) =>
      mutate(CANCEL, { id }, cast.operator.token),
    );
    expect(batch).toMatchObject({ state: 'CANCELLED', total: 4, ordered: 1, failed: 0 });
    expect(rows.map(({ status }) => status)).toEqual(['WAITING_FOR_SCAN']);
    const again = await server.graphql(CANCEL, { id: batch.id }, { token: cast.operator.token });
    expect(codeOf(again)).toBe('INVALID_TRANSITION');
  });

  test.each([
    ['deactivated', 'mutation ($id: ID!) { deactivateUser(id: $id) { id } }'],
    ['locked', 'mutation ($id: ID!) { lockUser(id: $id, reason: "gone") { id } }'],
    ['no operator any more', 'mutation ($id: ID!) { setUserRoles(id: $id, roles: []) { id } }'],
  ])('ends when its orderer is %s, and takes its orders along', async (_how, query) => {
    const { id } = await someone(['OPERATOR']);
    const token = await sessionOf(server, id);
    const { batch, rows } = await inTheMiddle(token, () => mutate(query, { id }));
    expect(batch).toMatchObject({ state: 'CANCELLED', ordered: 1 });
    expect(rows.map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  test.each([
    ['deleted', 'mutation ($id: ID!) { deleteApiClient(id: $id) }', ['CANCELLED']],
    [
      'disabled',
      'mutation ($id: ID!) { updateApiClient(id: $id, input: { enabled: false }) { id } }',
      ['CANCELLED'],
    ],
    [
      'kept to other projects',
      'mutation ($id: ID!, $other: ID!) { updateApiClient(id: $id, input: { projectIds: [$other] }) { id } }',
      ['WAITING_FOR_SCAN'],
    ],
    [
      'without its scope',
      'mutation ($id: ID!) { updateApiClient(id: $id, input: { scopes: ["enrolment:read"] }) { id } }',
      ['WAITING_FOR_SCAN'],
    ],
  ])('ends when its API client is %s', async (how, query, statuses) => {
    const projectId = await newProject();
    const scopes = ['enrolment:create'];
    const client = await createClient(server, cast.admin, { scopes, projectIds: [projectId] });
    const token = await accessToken(server, client);
    const variables = {
      id: client.id,
      ...(how.startsWith('kept') ? { other: cast.projectId } : {}),
    };
    const { batch, rows } = await inTheMiddle(token, () => mutate(query, variables), projectId);
    expect(batch).toMatchObject({ state: 'CANCELLED', ordered: 1, failed: 0 });
    expect(rows.map(({ status }) => status)).toEqual(statuses);
  });

  test('goes on when the session that ordered it has ended', async () => {
    const token = await sessionOf(server, cast.operator.id);
    const { batch } = await inTheMiddle(token, () => mutate('mutation { signOut }', {}, token));
    expect(batch).toMatchObject({ state: 'FINISHED', ordered: 4 });
  });

  test('is not doubled by jobs that run at the same time', async () => {
    let runs: Promise<unknown> = Promise.resolve();
    const { batch, rows } = await inTheMiddle(cast.operator.token, ({ id }) => {
      const job = { batchId: id as EnrolmentBatchId };
      runs = Promise.all([1, 2, 3].map(() => server.app.services.batchRuns.run(job)));
      return Promise.resolve();
    });
    await runs;
    expect(batch).toMatchObject({ state: 'FINISHED', ordered: 4, failed: 0 });
    expect(rows).toHaveLength(4);
  });

  test('gives one user up after three errors that nobody foresaw, and goes on with the others', async () => {
    const projectId = await newProject();
    const userIds = await some(3);
    await server.database.query(
      `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF NEW.user_id = '${userIds[1] ?? ''}' THEN RAISE 'a bug'; END IF; RETURN NEW; END $$`,
    );
    await server.database.query(
      'CREATE TRIGGER refuse_one BEFORE INSERT ON enrolment FOR EACH ROW EXECUTE FUNCTION refuse_one()',
    );
    const { id } = await startBatch(server, cast.operator.token, projectId, { userIds });
    // The job waits longer after each failure: no test does.
    const batch = await eventually(async () => {
      await server.database.query(
        `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE run_at > now()`,
      );
      const seen = await lookAt(server, cast.operator.token, id);
      return seen?.state === 'RUNNING' ? undefined : seen;
    });
    await server.database.query('DROP FUNCTION refuse_one() CASCADE');
    expect(batch).toMatchObject({ state: 'FINISHED', ordered: 2, failed: 1 });
    expect(batch?.failures).toEqual([
      {
        userId: userIds[1],
        failure: { code: 'INTERNAL', message: expect.any(String) },
        reason: null,
      },
    ]);
  });
});

test('a batch is forgotten 90 days after its end, with all its lines, and not before', async () => {
  const [old, young] = [
    await run(cast.projectId, { userIds: [randomUUID(), randomUUID()] }),
    await run(cast.projectId, { userIds: [randomUUID()] }),
  ];
  const age = (id: string, days: number): Promise<unknown> =>
    server.database.query(
      'UPDATE enrolment_batch SET finished_at = now() - make_interval(days => $2) WHERE id = $1',
      [id, days],
    );
  await age(old.id, 91);
  await age(young.id, 89);
  const { work, enrolmentBatches } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  await work.change(request, (scope) => enrolmentBatches.purge(scope));
  expect(await lookAt(server, cast.admin, old.id)).toBeNull();
  expect(await lookAt(server, cast.admin, young.id)).toMatchObject({ failed: 1 });
  const lines = await server.database.query(
    'SELECT FROM enrolment_batch_item WHERE batch_id = $1',
    [old.id],
  );
  expect(lines).toEqual([]);
});
