import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, signIn, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let person: Person;
let token: string;

beforeAll(async () => {
  server = await startTestServer({ environment: { TRUSTED_PROXIES: '127.0.0.1,::1' } });
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  person = await createPerson(server, cast.admin, newName('user'));
  token = await sessionOf(server, person.id, ['PASSWORD']);
});
afterAll(() => server.stop());

interface Listed {
  readonly id: string;
  readonly isCurrent: boolean;
}
const FIELDS = 'id createdAt lastUsedAt expiresAt address userAgent evidence { method } isCurrent';
async function mine(by = token): Promise<Listed[]> {
  const { data } = await server.graphql(`{ mySessions { ${FIELDS} } }`, {}, { token: by });
  return data.mySessions as Listed[];
}
const current = async (by: string): Promise<string> =>
  (await mine(by)).find(({ isCurrent }) => isCurrent)?.id ?? '';
const lives = async (by: string): Promise<boolean> =>
  (await server.graphql('{ viewer { user { id } } }', {}, { token: by })).errors.length === 0;
const run = (query: string, variables: object, by: string) =>
  server.graphql(query, { ...variables }, { token: by });
const endMine = (id: string, by = token) =>
  run('mutation ($id: ID!) { endMySession(id: $id) }', { id }, by);
const end = (id: string, by: string) =>
  run('mutation ($id: ID!) { endSession(id: $id) }', { id }, by);
const endAll = (userId: string, by: string) =>
  run('mutation ($userId: ID!) { endSessionsOfUser(userId: $userId) }', { userId }, by);
const entries = (userId: string) =>
  server.database.query<{ actor: string; detail: string }>(
    `SELECT actor, detail FROM audit_entry WHERE action = 'session.end' AND target = $1 ORDER BY id`,
    [`user:${userId}`],
  );

describe('a user', () => {
  test('sees his own sessions, from where and by what they were opened, and which one asks', async () => {
    await server.graphql(
      `mutation ($username: String!, $password: String!) {
         signInWithPassword(username: $username, password: $password) { token } }`,
      { username: person.username, password: person.password },
      { headers: { 'x-forwarded-for': '192.0.2.7', 'user-agent': 'Browser of a test' } },
    );
    const sessions = await mine();
    expect(sessions).toHaveLength(2);
    expect(sessions).toContainEqual(
      expect.objectContaining({
        address: '192.0.2.7',
        userAgent: 'Browser of a test',
        evidence: [{ method: 'PASSWORD' }],
        isCurrent: false,
      }),
    );
    expect(sessions.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
  });

  test.each([
    ['ended', 'ended_at = now()'],
    ['expired', `expires_at = now() - interval '1 second'`],
    ['idle for too long', `last_used_at = now() - interval '1 hour'`],
  ])('does not see one that is %s, and cannot end it', async (_, change) => {
    const id = await current(await sessionOf(server, person.id));
    await server.database.query(`UPDATE session SET ${change} WHERE id = $1`, [id]);
    expect((await mine()).map((session) => session.id)).not.toContain(id);
    expect(codeOf(await endMine(id))).toBe('NOT_FOUND');
    expect(codeOf(await end(id, cast.operator.token))).toBe('NOT_FOUND');
  });

  test('ends one of them, which stands in the audit log, and no other', async () => {
    const [elsewhere, third] = [
      await sessionOf(server, person.id),
      await sessionOf(server, person.id),
    ];
    const id = await current(elsewhere);
    expect((await endMine(id)).data).toEqual({ endMySession: true });
    expect([await lives(elsewhere), await lives(third), await lives(token)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(codeOf(await endMine(id))).toBe('NOT_FOUND');
    const detail = `session ${id}`;
    expect(await entries(person.id)).toEqual([{ actor: `user:${person.username}`, detail }]);
  });

  test('who ends the one that he calls from is signed out, and his browser forgets it', async () => {
    const answer = await endMine(await current(token));
    expect(answer.data).toEqual({ endMySession: true });
    expect(answer.headers.get('set-cookie')).toMatch(/^signet=;/);
    expect(await lives(token)).toBe(false);
  });

  test('cannot end what is not his, and cannot tell it from what does not exist', async () => {
    const foreign = await current(cast.alva.token);
    for (const id of [foreign, '00000000-0000-4000-8000-000000000000', 'none', '']) {
      const { errors } = await endMine(id);
      expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
      expect(errors[0]?.message).toBe('It does not exist, or you may not see it.');
    }
    expect(await lives(cast.alva.token)).toBe(true);
  });

  test('ends all others, and is told how many', async () => {
    const others = [await sessionOf(server, person.id), await sessionOf(server, person.id)];
    const { data } = await run('mutation { endMyOtherSessions }', {}, token);
    expect(data).toEqual({ endMyOtherSessions: 2 });
    for (const other of others) expect(await lives(other)).toBe(false);
    expect(await lives(token)).toBe(true);
    expect(await lives(cast.alva.token)).toBe(true);
    expect(await entries(person.id)).toMatchObject([{ detail: '2 sessions' }]);
    const again = await run('mutation { endMyOtherSessions }', {}, token);
    expect(again.data).toEqual({ endMyOtherSessions: 0 });
    expect(await entries(person.id)).toHaveLength(1);
  });

  test('who ended another session ten times at once has ended it once', async () => {
    const id = await current(await sessionOf(server, person.id));
    const answers = await Promise.all(Array.from({ length: 10 }, () => endMine(id)));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(await entries(person.id)).toHaveLength(1);
  });

  test('does not read his sessions, nor his locks, by the fields that are for operators', async () => {
    for (const field of ['sessions', 'methodLocks']) {
      const answer = await run(`{ viewer { user { ${field} { __typename } } } }`, {}, token);
      expect(codeOf(answer)).toBe('FORBIDDEN');
    }
  });

  test('signs in once more as before after all were ended', async () => {
    await endAll(person.id, cast.operator.token);
    expect(await lives(await signIn(server, person.username, person.password))).toBe(true);
  });
});

describe('an operator', () => {
  test("sees a user's sessions and ends one of them", async () => {
    const { data } = await run(
      `query ($id: ID!) { user(id: $id) { sessions { ${FIELDS} } } }`,
      { id: person.id },
      cast.operator.token,
    );
    const [session] = data.user.sessions;
    expect(session).toMatchObject({ isCurrent: false, evidence: [{ method: 'PASSWORD' }] });
    expect((await end(session.id, cast.operator.token)).errors).toEqual([]);
    expect(await lives(token)).toBe(false);
    expect(await entries(person.id)).toMatchObject([{ actor: 'user:olga' }]);
  });

  test('sees those of many users at once, each with his own', async () => {
    const { data } = await run(
      '{ users(first: 50) { nodes { id sessions { id } } } }',
      {},
      cast.operator.token,
    );
    const own = data.users.nodes.find(({ id }: { id: string }) => id === person.id);
    expect(own.sessions).toEqual([{ id: await current(token) }]);
  });

  test('ends all sessions of a user', async () => {
    await sessionOf(server, person.id);
    const { data } = await endAll(person.id, cast.operator.token);
    expect(data).toEqual({ endSessionsOfUser: 2 });
    expect(await lives(token)).toBe(false);
    expect(codeOf(await endAll('none', cast.operator.token))).toBe('NOT_FOUND');
  });

  test('ends none of who holds a role that he lacks', async () => {
    const id = await current(cast.admin);
    expect(codeOf(await end(id, cast.operator.token))).toBe('FORBIDDEN');
    expect(codeOf(await endAll(cast.adminId, cast.operator.token))).toBe('FORBIDDEN');
    expect(await lives(cast.admin)).toBe(true);
  });
});
