import { setTimeout as sleep } from 'node:timers/promises';
import type { DeafProxy, Deafness } from '../../bench/deaf-proxy';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { throughDeafProxy } from '../helpers/deaf';
import { codeOf } from '../helpers/graphql';
import { newName, orderFor, type Stage } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { Watcher } from '../helpers/subscription';

/** Far more than a busy machine needs, far less than anything but the announcements would take. */
const PATIENCE_MS = 30_000;

let database: TestDatabase;
let proxy: DeafProxy;
let one: TestServer;
let other: TestServer;
let stage: Stage;

beforeAll(async () => {
  database = await createTestDatabase();
  const through = await throughDeafProxy(database);
  proxy = through.proxy;
  one = await startTestServer({ database });
  other = await startTestServer({ database: through.proxied });
  const [admin] = await database.query<{ id: string }>(
    `SELECT id FROM app_user WHERE username = 'admin'`,
  );
  const token = await sessionOf(one, admin?.id ?? '');
  stage = { admin: token, projectId: await createProject(one, token, newName('project')) };
});
afterAll(async () => {
  await one.stop();
  await other.stop();
  await proxy.stop();
  await database.drop();
});

interface Viewer extends Person {
  readonly token: string;
  readonly page: Watcher;
}

/** Somebody who watches his own enrolment on the other server. */
async function viewer(roles: readonly string[] = []): Promise<Viewer> {
  const person = await createPerson(one, stage.admin, newName('user'), roles);
  const token = await sessionOf(one, person.id);
  return { ...person, token, page: await watched(person.id, token) };
}

async function watched(userId: string, token: string): Promise<Watcher> {
  const { id } = await orderFor(one, stage, userId);
  return new Watcher(other.url, id, { token }).until('WAITING_FOR_SCAN');
}

async function ask(query: string, variables: object, token = stage.admin): Promise<any> {
  const { data, errors } = await one.graphql(query, { ...variables }, { token });
  expect(errors).toEqual([]);
  return data;
}

const LOCK = 'mutation ($id: ID!) { lockUser(id: $id, reason: "Gone.") { id } }';
const CREATE = `mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }`;
async function withRule(rule: object, work: () => Promise<void>): Promise<void> {
  const input = { name: newName('rule'), resources: ['/enrolments/watch'], require: [], ...rule };
  const { createAccessRule } = await ask(CREATE, { input });
  try {
    await work();
  } finally {
    await ask('mutation ($id: ID!) { deleteAccessRule(id: $id) }', createAccessRule);
  }
}

async function closeCode({ page }: Viewer): Promise<number | string> {
  const patience = new AbortController();
  const tooLate = sleep(PATIENCE_MS, 'still open', { signal: patience.signal });
  const code = await Promise.race([page.closed, tooLate]);
  patience.abort();
  tooLate.catch(() => undefined);
  return code;
}

const refusalOnOther = async ({ token }: Viewer): Promise<string> =>
  codeOf(await other.graphql('{ mySessions { id } }', {}, { token }));

/** What takes a right away on one server, and with what the socket on the other is closed. */
const LOSSES: Readonly<Record<string, () => Promise<void>>> = {
  'a rule is added': async () => {
    const seen = await viewer();
    await withRule({ effect: 'DENY' }, async () => {
      expect(await closeCode(seen)).toBe(4403);
    });
  },
  'a rule is changed': async () => {
    await withRule({}, async () => {
      const seen = await viewer();
      const { accessRules } = await ask('{ accessRules { id resources effect } }', {});
      const rule = accessRules.at(-1);
      expect(rule).toMatchObject({ resources: ['/enrolments/watch'], effect: 'ALLOW' });
      const require = [{ anyOf: [{ method: 'TOTP' }] }];
      await ask(
        'mutation ($id: ID!, $input: UpdateAccessRuleInput!) { updateAccessRule(id: $id, input: $input) { id } }',
        { id: rule.id, input: { require } },
      );
      expect(await closeCode(seen)).toBe(4403);
    });
  },
  'the user is locked': async () => {
    const seen = await viewer();
    await ask(LOCK, seen);
    expect(await closeCode(seen)).toBe(4401);
    expect(await refusalOnOther(seen)).toBe('UNAUTHENTICATED');
  },
  'the session is ended by its owner elsewhere': async () => {
    const seen = await viewer();
    const elsewhere = await sessionOf(one, seen.id);
    await ask('mutation { endMyOtherSessions }', {}, elsewhere);
    expect(await closeCode(seen)).toBe(4401);
    expect(await refusalOnOther(seen)).toBe('UNAUTHENTICATED');
  },
  'the session is ended by an operator': async () => {
    const seen = await viewer();
    const { user } = await ask('query ($id: ID!) { user(id: $id) { sessions { id } } }', seen);
    await ask('mutation ($id: ID!) { endSession(id: $id) }', user.sessions[0]);
    expect(await closeCode(seen)).toBe(4401);
  },
  'his role is withdrawn': async () => {
    await withRule({ when: { roles: ['OPERATOR'] } }, async () => {
      const seen = await viewer(['OPERATOR']);
      const roles = ['USER'];
      await ask(
        'mutation ($id: ID!, $roles: [Role!]!) { setUserRoles(id: $id, roles: $roles) { id } }',
        { id: seen.id, roles },
      );
      expect(await closeCode(seen)).toBe(4403);
    });
  },
  'he leaves a group': async () => {
    await withRule({ when: { groups: ['couriers'] } }, async () => {
      const { id } = await createPerson(one, stage.admin, newName('user'));
      const groups = (list: readonly string[]): Promise<unknown> =>
        ask(
          'mutation ($id: ID!, $groups: [String!]!) { updateUser(id: $id, input: { groups: $groups }) { id } }',
          { id, groups: list },
        );
      await groups(['couriers']);
      const token = await sessionOf(one, id);
      const page = await watched(id, token);
      await groups([]);
      expect(await closeCode({ page } as Viewer)).toBe(4403);
    });
  },
};

const EVENTS = 'signet events';
const LISTENING: Readonly<Record<string, Deafness>> = {
  'while notifications arrive': 'none',
  'while they are left out, and the connection works': 'notifications',
  'while nothing arrives on their connection': 'everything',
};

describe.each(Object.entries(LISTENING))('%s', (_, deafness) => {
  beforeAll(() => {
    proxy.make(EVENTS, deafness);
  });
  afterAll(() => {
    proxy.make(EVENTS, 'none');
  });

  test.each(Object.entries(LOSSES))(
    'a page is closed when %s on another server',
    async (_name, lose) => {
      const bystander = await sessionOf(
        one,
        (await createPerson(one, stage.admin, newName('user'))).id,
      );
      await lose();
      const { errors } = await other.graphql('{ mySessions { id } }', {}, { token: bystander });
      expect(errors).toEqual([]);
    },
  );
});

test('while the connection of notifications is cut again and again, a page is closed', async () => {
  const cutting = { goesOn: true };
  const cut = (async () => {
    while (cutting.goesOn) {
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = '${EVENTS}'`,
      );
      await sleep(20);
    }
  })();
  try {
    await LOSSES['a rule is added']?.();
    const seen = await viewer();
    await ask(LOCK, seen);
    expect(await closeCode(seen)).toBe(4401);
  } finally {
    cutting.goesOn = false;
    await cut;
  }
});

test('while the database says nothing at all, pages stay; what was changed holds as soon as it speaks again', async () => {
  const [locked, untouched] = [await viewer(), await viewer()];
  const programs = [EVENTS, 'signet announcements'];
  const before = await backendsOf('signet announcements');
  for (const program of programs) proxy.make(program, 'everything');
  await ask(LOCK, locked);
  await eventually(async () => {
    const now = await backendsOf('signet announcements');
    return now.some((pid) => !before.includes(pid)) ? true : undefined; // it has given up once
  });
  expect(untouched.page.isOver).toBe(false);
  for (const program of programs) proxy.make(program, 'none');
  expect(await closeCode(locked)).toBe(4401);
  expect(untouched.page.isOver).toBe(false);
});

test('a page whose notifications are left out learns of its events all the same, later', async () => {
  const seen = await viewer();
  proxy.make(EVENTS, 'notifications');
  try {
    const [open] = await database.query<{ id: string }>(
      'SELECT id FROM enrolment WHERE user_id = $1',
      [seen.id],
    );
    await ask('mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }', open ?? {}, seen.token);
    await seen.page.until('CANCELLED');
    expect(await seen.page.ended).toEqual({ kind: 'complete' });
  } finally {
    proxy.make(EVENTS, 'none');
  }
});

async function backendsOf(program: string): Promise<readonly number[]> {
  const rows = await database.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
    [program],
  );
  return rows.map(({ pid }) => pid);
}
