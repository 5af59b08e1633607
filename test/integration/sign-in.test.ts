import * as passwords from '../../src/features/users/password.service';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, type Person } from '../helpers/people';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

jest.mock('../../src/features/users/password.service', () => {
  const real = jest.requireActual<typeof passwords>('../../src/features/users/password.service');
  return { ...real, verifyPassword: jest.fn(real.verifyPassword) };
});

let server: TestServer;
let cast: Cast;
let person: Person;

beforeAll(async () => {
  server = await startTestServer({ environment: { TRUSTED_PROXIES: '127.0.0.1,::1' } });
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  person = await createPerson(server, cast.admin, newName('user'));
});
afterAll(() => server.stop());

interface Attempt {
  readonly username?: string;
  readonly password?: string;
  readonly address?: string;
  readonly token?: string;
}

function attempt({ address = '192.0.2.1', token, ...given }: Attempt = {}): Promise<
  GraphqlAnswer<any>
> {
  const { username, password } = { ...person, ...given };
  return server.graphql(
    `mutation ($username: String!, $password: String!) {
       signInWithPassword(username: $username, password: $password) {
         token viewer { user { id } evidence { method } } } }`,
    { username, password },
    { token, headers: { 'x-forwarded-for': address } },
  );
}

test('the right password opens a session, whatever the letters of the name', async () => {
  const { data } = await attempt({ username: person.username.toUpperCase() });
  expect(data.signInWithPassword.viewer).toEqual({
    user: { id: person.id },
    evidence: [{ method: 'PASSWORD' }],
  });
});

test('an unknown user and a wrong password get the same answer for the same work', async () => {
  const verify = jest.mocked(passwords.verifyPassword);
  verify.mockClear();
  const answers = [
    await attempt({ password: 'not his password' }),
    await attempt({ username: 'nobody-of-this-name' }),
    await attempt({ username: 'a\0b' }),
  ];
  const [first] = answers;
  for (const { status, data, errors } of answers) {
    expect({ status, data, errors }).toEqual({
      status: first?.status,
      data: null,
      errors: first?.errors,
    });
  }
  expect(first?.errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
  expect(verify.mock.calls.map(([hash]) => hash === null)).toEqual([false, true, true]);
});

test.each(['REGISTERED', 'INACTIVE', 'LOCKED'])(
  'a %s user learns that he is not active only with the right password, and gets no session',
  async (state) => {
    await server.database.query('UPDATE app_user SET state = $2 WHERE id = $1', [person.id, state]);
    const before = await sessions();
    expect(codeOf(await attempt())).toBe('USER_NOT_ACTIVE');
    expect(codeOf(await attempt({ password: 'not his password' }))).toBe('INVALID_CREDENTIALS');
    expect(await sessions()).toBe(before);
  },
);

test.each(['', 'x'.repeat(257), 'x'.repeat(100_000), '\0'])(
  'a password that cannot be one is wrong, and changes nothing',
  async (password) => {
    const before = await rowsOf(server.database);
    expect(codeOf(await attempt({ password }))).toBe('INVALID_CREDENTIALS');
    expect(await rowsOf(server.database)).toEqual(before);
  },
);

test('ten wrong passwords stop one address, and leave the owner free elsewhere', async () => {
  for (let i = 0; i < 10; i += 1) {
    expect(codeOf(await attempt({ password: `wrong ${String(i)}` }))).toBe('INVALID_CREDENTIALS');
  }
  const stopped = await attempt();
  expect(codeOf(stopped)).toBe('RATE_LIMITED');
  expect(stopped.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(0);
  expect((await attempt({ address: '198.51.100.7' })).errors).toEqual([]);
});

test('thirty wrong passwords at the same time are not compared more than ten times', async () => {
  const verify = jest.mocked(passwords.verifyPassword);
  verify.mockClear();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => attempt({ password: `wrong ${String(i)}` })),
  );
  expect(answers.filter((answer) => codeOf(answer) === 'RATE_LIMITED')).toHaveLength(20);
  expect(verify).toHaveBeenCalledTimes(10);
});

test('an address that tries many names is stopped, and no other address', async () => {
  for (let i = 0; i < 100; i += 10) {
    await Promise.all(
      Array.from({ length: 10 }, (_, j) =>
        attempt({ username: `name-${String(i + j)}`, address: '203.0.113.9' }),
      ),
    );
  }
  expect(codeOf(await attempt({ address: '203.0.113.9' }))).toBe('RATE_LIMITED');
  expect((await attempt({ address: '203.0.113.10' })).errors).toEqual([]);
});

test('addresses of one IPv6 network count as one', async () => {
  for (let i = 0; i < 10; i += 1) {
    await attempt({ password: 'wrong', address: `2001:db8:1:2::${String(i + 1)}` });
  }
  expect(codeOf(await attempt({ address: '2001:db8:1:2:ffff::1' }))).toBe('RATE_LIMITED');
  expect((await attempt({ address: '2001:db8:1:3::1' })).errors).toEqual([]);
});

test('strangers at many addresses do not lock the owner out of where he signed in before', async () => {
  const home = '192.0.2.77';
  expect((await attempt({ address: home })).errors).toEqual([]);
  for (let i = 0; i < 21; i += 1) {
    const address = `198.18.0.${String(i + 1)}`;
    await Promise.all(Array.from({ length: 10 }, () => attempt({ password: 'wrong', address })));
  }
  expect(codeOf(await attempt({ address: '203.0.113.200' }))).toBe('RATE_LIMITED');
  expect((await attempt({ address: home })).errors).toEqual([]);
});

test('right passwords are not counted', async () => {
  for (let i = 0; i < 15; i += 1) expect((await attempt()).errors).toEqual([]);
});

test('who signs in again as himself keeps his session under a new token', async () => {
  const first = (await attempt()).data.signInWithPassword.token as string;
  const before = await sessions();
  const { data } = await attempt({ token: first });
  expect(await sessions()).toBe(before);
  expect(data.signInWithPassword.token).not.toBe(first);
});

test('who signs in as somebody else leaves his session behind, with all that it had proven', async () => {
  const token = await sessionOf(server, cast.alva.id);
  const { data } = await attempt({ token });
  expect(data.signInWithPassword.viewer.evidence).toEqual([{ method: 'PASSWORD' }]);
  const old = await server.graphql('{ viewer { user { id } } }', {}, { token });
  expect(codeOf(old)).toBe('UNAUTHENTICATED');
});

test('a session ends with its sign-out', async () => {
  const token = await sessionOf(server, person.id);
  await server.graphql('mutation { signOut }', {}, { token });
  const after = await server.graphql('{ viewer { user { id } } }', {}, { token });
  expect(codeOf(after)).toBe('UNAUTHENTICATED');
  expect(after.status).toBe(401);
});

async function sessions(): Promise<number> {
  const rows = await server.database.query('SELECT id FROM session WHERE ended_at IS NULL');
  return rows.length;
}
