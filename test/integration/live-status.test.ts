import { Client } from 'pg';
import {
  administrator,
  createPerson,
  createProject,
  signIn,
  stepUp,
  type Person,
} from '../helpers/people';
import { newName, orderFor, phoneAt, type Order, type Stage } from '../helpers/orders';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { Watcher, type WatchOptions } from '../helpers/subscription';

const WHOLE_RUN = ['WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE'];
const COMPLETE = { kind: 'complete' };

let server: TestServer;
let stage: Stage;
let alva: Person;
beforeAll(async () => {
  server = await startTestServer();
  const admin = await administrator(server);
  stage = { admin, projectId: await createProject(server, admin, 'Live status') };
  alva = await createPerson(server, admin, 'alva');
});
afterAll(() => server.stop());

const order = (userId?: string): Promise<Order> => orderFor(server, stage, userId);

async function watch({ id }: Pick<Order, 'id'>, options: WatchOptions): Promise<Watcher> {
  const watcher = new Watcher(server.url, id, options);
  await eventually(() => Promise.resolve(watcher.events.length > 0 ? true : undefined));
  return watcher;
}

async function activate(ordered: Order): Promise<void> {
  const phone = phoneAt(server.url, ordered.publicUrl);
  await phone.claim(ordered);
  await phone.complete();
}

async function cancel({ id, watchToken }: Order): Promise<void> {
  const { errors } = await server.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
    { id },
    { watchToken },
  );
  expect(errors).toEqual([]);
}

const ending = (id: string, options: WatchOptions): Promise<unknown> =>
  new Watcher(server.url, id, options).ended;

describe('what a subscriber sees', () => {
  test('begins where the enrolment stands, goes on with each change, and completes', async () => {
    const ordered = await order();
    const page = await watch(ordered, { watchToken: ordered.watchToken });
    await activate(ordered);
    expect(await page.ended).toEqual(COMPLETE);
    expect(page.statuses).toEqual(WHOLE_RUN);
    const late = await watch(ordered, { watchToken: ordered.watchToken });
    expect(await late.ended).toEqual(COMPLETE);
    expect(late.statuses).toEqual(['ACTIVE']);
  });

  test('is the same for two of them, event for event', async () => {
    const ordered = await order();
    const pages = [
      await watch(ordered, { watchToken: ordered.watchToken }),
      await watch(ordered, { token: stage.admin }),
    ];
    await activate(ordered);
    await Promise.all(pages.map(({ ended }) => ended));
    expect(pages[0]?.events).toEqual(pages[1]?.events);
    expect(pages[0]?.statuses).toEqual(WHOLE_RUN);
  });

  test('with a cursor is everything since, and nothing twice', async () => {
    const ordered = await order();
    const { watchToken } = ordered;
    const page = await watch(ordered, { watchToken });
    await activate(ordered);
    await page.ended;
    for (const [i, { cursor }] of page.events.entries()) {
      const resumed = new Watcher(server.url, ordered.id, { watchToken, after: cursor });
      expect(await resumed.ended).toEqual(COMPLETE);
      expect(resumed.events).toEqual(page.events.slice(i + 1));
    }
  });

  test('is the log that the enrolment itself shows', async () => {
    const ordered = await order();
    const page = await watch(ordered, { watchToken: ordered.watchToken });
    await cancel(ordered);
    await page.ended;
    const { data, errors } = await server.graphql(
      'query ($id: ID!) { enrolment(id: $id) { events { cursor status at detail } } }',
      { id: ordered.id },
      { watchToken: ordered.watchToken },
    );
    expect(errors).toEqual([]);
    expect(page.events).toEqual(data.enrolment.events);
    expect(page.statuses).toEqual(['WAITING_FOR_SCAN', 'CANCELLED']);
  });

  test('a cursor that was never given out is refused', async () => {
    const { id, watchToken } = await order();
    for (const after of ['', ' 1', '-1', '1.0', '0x1', 'one', '2', '999999999', '9'.repeat(40)]) {
      expect(await ending(id, { watchToken, after })).toEqual({
        kind: 'error',
        code: 'INVALID_INPUT',
      });
      const { errors } = await server.graphql(
        'query ($id: ID!, $after: String) { enrolment(id: $id) { events(after: $after) { cursor } } }',
        { id, after },
        { watchToken },
      );
      expect(errors[0]?.extensions.code).toBe('INVALID_INPUT');
    }
  });
});

describe('who may subscribe', () => {
  const refused = (code: string): object => ({ kind: 'error', code });

  test('nobody in particular is told to sign in, whether or not the enrolment exists', async () => {
    const { id } = await order();
    expect(await ending(id, {})).toEqual(refused('UNAUTHENTICATED'));
    expect(await ending(stage.projectId, {})).toEqual(refused('UNAUTHENTICATED'));
  });

  test('to a session, an unknown enrolment and that of another user are alike', async () => {
    const { id } = await order();
    const token = await signIn(server, alva.username, alva.password);
    for (const unknown of [id, stage.projectId, 'nonsense', '']) {
      expect(await ending(unknown, { token })).toEqual(refused('NOT_FOUND'));
    }
  });

  test('its holder sees it by his session', async () => {
    const ordered = await order(alva.id);
    const token = await signIn(server, alva.username, alva.password);
    expect((await watch(ordered, { token })).statuses).toEqual(['WAITING_FOR_SCAN']);
  });

  test('a watch token opens its own enrolment and no other', async () => {
    const [own, other] = [await order(), await order()];
    expect((await watch(own, { watchToken: own.watchToken })).statuses).toHaveLength(1);
    expect(await ending(other.id, { watchToken: own.watchToken })).toEqual(
      refused('UNAUTHENTICATED'),
    );
  });

  test("the phone's device token opens its own enrolment and no other", async () => {
    const [own, other] = [await order(), await order()];
    const phone = phoneAt(server.url, own.publicUrl);
    const { deviceToken } = await phone.claim(own);
    expect((await watch(own, { deviceToken })).statuses).toEqual(['SCANNED']);
    expect(await ending(other.id, { deviceToken })).toEqual(refused('UNAUTHENTICATED'));
  });

  test('a token of one kind is none of the other, and a changed one is none at all', async () => {
    const own = await order();
    const { deviceToken } = await phoneAt(server.url, own.publicUrl).claim(own);
    const changed = `${own.watchToken.slice(0, -2)}AA`;
    for (const options of [
      { watchToken: deviceToken },
      { deviceToken: own.watchToken },
      { watchToken: changed },
      { token: own.watchToken },
    ]) {
      expect(await ending(own.id, options)).toEqual({ kind: 'closed', code: 4401 });
    }
  });
});

describe('the connection that brings the news', () => {
  const BACKENDS = `SELECT pid FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'signet events'`;

  async function cutEvents(client: Client): Promise<void> {
    await client.query(`SELECT pg_terminate_backend(pid) FROM (${BACKENDS}) b`);
    await eventually(async () =>
      (await client.query(BACKENDS)).rows.length === 0 ? true : undefined,
    );
  }

  test('may break: what happens while it is down arrives once it is back', async () => {
    const ordered = await order();
    const page = await watch(ordered, { watchToken: ordered.watchToken });
    const client = new Client({ connectionString: server.database.url });
    await client.connect();
    // No new connection can be made, so that it stays down until the change is committed.
    await client.query(`ALTER DATABASE ${server.database.name} CONNECTION LIMIT 0`);
    await cutEvents(client);
    await cancel(ordered);
    expect(page.statuses).toEqual(['WAITING_FOR_SCAN']);
    await client.query(`ALTER DATABASE ${server.database.name} CONNECTION LIMIT -1`);
    await client.end();
    expect(await page.ended).toEqual(COMPLETE);
    expect(page.statuses).toEqual(['WAITING_FOR_SCAN', 'CANCELLED']);
  });

  test('may break again and again without losing or repeating an event', async () => {
    const ordered = await order();
    const page = await watch(ordered, { watchToken: ordered.watchToken });
    const client = new Client({ connectionString: server.database.url });
    await client.connect();
    const phone = phoneAt(server.url, ordered.publicUrl);
    await cutEvents(client);
    await phone.claim(ordered);
    await page.until('SCANNED');
    await cutEvents(client);
    await phone.complete();
    await client.end();
    expect(await page.ended).toEqual(COMPLETE);
    expect(page.statuses).toEqual(WHOLE_RUN);
  });
});

describe('a socket is closed', () => {
  async function signedIn(): Promise<{ person: Person; token: string; page: Watcher }> {
    const person = await createPerson(server, stage.admin, newName('user'));
    const token = await signIn(server, person.username, person.password);
    return { person, token, page: await watch(await order(person.id), { token }) };
  }

  test('with 4401 when its session is ended', async () => {
    const { token, page } = await signedIn();
    await server.graphql('mutation { signOut }', {}, { token });
    expect(await page.closed).toBe(4401);
  });

  test('with 4401 when its user is locked, and shows nothing of what that does', async () => {
    const { person, page } = await signedIn();
    const { errors } = await server.graphql(
      'mutation ($id: ID!) { lockUser(id: $id, reason: "lost") { state } }',
      { id: person.id },
      { token: stage.admin },
    );
    expect(errors).toEqual([]);
    expect(await page.closed).toBe(4401);
    expect(page.statuses).toEqual(['WAITING_FOR_SCAN']);
  });

  test('with 4401 when its session has been idle too long: waiting does not keep it alive', async () => {
    const { token, page } = await signedIn();
    await server.database.query(
      `UPDATE session SET last_used_at = now() - interval '1799 seconds' WHERE token_hash = sha256(convert_to($1, 'UTF8'))`,
      [token],
    );
    await server.database.query(
      `SELECT pg_notify('signet', 'session:' || id) FROM session WHERE token_hash = sha256(convert_to($1, 'UTF8'))`,
      [token],
    );
    expect(await page.closed).toBe(4401);
  });

  test('never by a change of token: the new one stands for the same session', async () => {
    const person = await createPerson(server, stage.admin, newName('user'));
    const token = await signIn(server, person.username, person.password);
    const ordered = await order(person.id);
    const page = await watch(ordered, { token });
    expect(await stepUp(server, token, person.email)).not.toBe(token);
    await cancel(ordered);
    expect(await page.ended).toEqual(COMPLETE);
    expect(page.statuses).toEqual(['WAITING_FOR_SCAN', 'CANCELLED']);
  });

  describe('with 4403', () => {
    async function createRule(rule: object): Promise<string> {
      const { data, errors } = await server.graphql(
        'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
        { input: { resources: ['/enrolments/watch'], ...rule } },
        { token: stage.admin },
      );
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data.createAccessRule.id as string;
    }

    async function deleteRule(id: string): Promise<void> {
      const { errors } = await server.graphql(
        'mutation ($id: ID!) { deleteAccessRule(id: $id) }',
        { id },
        { token: stage.admin },
      );
      expect(errors).toEqual([]);
    }

    test('when a rule forbids what it shows, and those with a watch token stay', async () => {
      const { page } = await signedIn();
      const ordered = await order();
      const visitor = await watch(ordered, { watchToken: ordered.watchToken });
      const rule = await createRule({ name: 'Nobody watches', effect: 'DENY', require: [] });
      try {
        expect(await page.closed).toBe(4403);
        await cancel(ordered);
        expect(await visitor.ended).toEqual(COMPLETE);
      } finally {
        await deleteRule(rule);
      }
    });

    test('when the evidence runs out, without any event', async () => {
      const rule = await createRule({
        name: 'A fresh password',
        require: [{ anyOf: [{ method: 'PASSWORD', maxAgeSeconds: 5 }] }],
      });
      try {
        const { page } = await signedIn();
        expect(await page.closed).toBe(4403);
        expect(page.statuses).toEqual(['WAITING_FOR_SCAN']);
      } finally {
        await deleteRule(rule);
      }
    });
  });
});
