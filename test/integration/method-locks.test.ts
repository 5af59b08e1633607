import { randomUUID } from 'node:crypto';
import {
  METHOD_LIMITS,
  type CountedMethod,
} from '../../src/features/authentication/attempt-limits';
import type { Attempt } from '../../src/features/authentication/attempt.service';
import type { UserId } from '../../src/kernel/ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

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

const METHODS = Object.keys(METHOD_LIMITS) as CountedMethod[];
const count = (method: CountedMethod): Promise<Attempt> =>
  server.app.services.attempts.count(method, person.id as UserId);

async function outcomes(method: CountedMethod, times: number): Promise<string[]> {
  const all = await Promise.allSettled(Array.from({ length: times }, () => count(method)));
  return all.map((one) => (one.status === 'fulfilled' ? 'counted' : one.reason.code));
}
const counted = async (method: CountedMethod, times: number): Promise<number> =>
  (await outcomes(method, times)).filter((outcome) => outcome === 'counted').length;

/** Lets so much time pass, for the counters of this person. */
const pass = (interval: string) =>
  server.database.query(
    `UPDATE proof_attempt SET window_ends_at = window_ends_at - $2::interval, locked_until = locked_until - $2::interval,
       locked_at = locked_at - $2::interval, forget_at = forget_at - $2::interval WHERE user_id = $1`,
    [person.id, interval],
  );

async function lockMinutes(): Promise<number | undefined> {
  const [row] = await server.database.query<{ minutes: number }>(
    `SELECT round(extract(epoch FROM locked_until - now()) / 60)::int AS minutes FROM proof_attempt WHERE user_id = $1`,
    [person.id],
  );
  return row?.minutes;
}

async function locks(by = cast.operator.token): Promise<any[]> {
  const { data } = await server.graphql(
    'query ($id: ID!) { user(id: $id) { methodLocks { method attempts maxAttempts lockedUntil } } }',
    { id: person.id },
    { token: by },
  );
  return data.user.methodLocks;
}
const unlock = (method: string, by = cast.operator.token, userId = person.id) =>
  server.graphql(
    'mutation ($userId: ID!, $method: AuthenticationMethod!) { unlockMethod(userId: $userId, method: $method) { methodLocks { method } } }',
    { userId, method },
    { token: by },
  );
const entries = (action: string) =>
  server.database.query<{ actor: string; detail: string }>(
    'SELECT actor, detail FROM audit_entry WHERE action = $1 AND target = $2 ORDER BY id',
    [action, `user:${person.id}`],
  );

describe.each(METHODS)('%s', (method) => {
  const { max } = METHOD_LIMITS[method];

  test('gets no more than its count of guesses, of fifty at the same time', async () => {
    expect(await counted(method, 50)).toBe(max);
  });

  test('is locked with a time to come back, and no other method with it', async () => {
    await outcomes(method, max);
    await expect(count(method)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      facts: { method, retryAfterSeconds: expect.any(Number) },
    });
    for (const other of METHODS.filter((name) => name !== method)) await count(other);
  });

  test('is not locked where the last attempt was right', async () => {
    await outcomes(method, max - 1);
    await server.app.services.attempts.succeeded(await count(method));
    expect(await counted(method, 2)).toBe(1);
  });
});

test('right ones are not counted, in whatever number and at the same time', async () => {
  const { attempts } = server.app.services;
  for (let round = 0; round < 3; round += 1) {
    const all = await Promise.all(Array.from({ length: 10 }, () => count('TOTP')));
    await Promise.all(all.map((attempt) => attempts.succeeded(attempt)));
  }
  expect(await locks()).toEqual([]);
});

test('a right one does not wash off the wrong ones', async () => {
  await outcomes('TOTP', 5);
  await server.app.services.attempts.succeeded(await count('TOTP'));
  expect(await counted('TOTP', 50)).toBe(5);
});

test('each lock is twice as long as the one before, up to a day, and never longer', async () => {
  const minutes: (number | undefined)[] = [];
  for (let round = 0; round < 9; round += 1) {
    expect(await counted('TOTP', 11)).toBe(10);
    minutes.push(await lockMinutes());
    await pass('1 day');
  }
  expect(minutes).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
});

test('after a week without a lock the next one is short again', async () => {
  for (let round = 0; round < 3; round += 1) {
    await outcomes('TOTP', 10);
    await pass('1 day');
  }
  await pass('8 days');
  await outcomes('TOTP', 10);
  expect(await lockMinutes()).toBe(15);
});

test('attempts of yesterday do not count', async () => {
  await outcomes('TOTP', 9);
  await pass('1 day');
  expect(await counted('TOTP', 11)).toBe(10);
});

test('a day of nothing but guessing brings less than a hundred guesses', async () => {
  let guesses = 0;
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    guesses += await counted('TOTP', 3);
    await pass('5 minutes');
  }
  expect(guesses).toBeLessThan(100);
});

test('what is locked for one user is not locked for another', async () => {
  await outcomes('EMAIL_CODE', 10);
  const { attempts } = server.app.services;
  await expect(attempts.count('EMAIL_CODE', cast.alva.id as UserId)).resolves.toBeDefined();
});

describe('a code by mail', () => {
  const verify = (code: string, token: string): Promise<GraphqlAnswer<any>> =>
    server.graphql(
      'mutation ($code: String!) { verifyEmailCode(code: $code) { token } }',
      { code },
      { token },
    );

  test('gets no more guesses by being sent again, nor by more sessions', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 4 }, () => sessionOf(server, person.id, ['PASSWORD'])),
    );
    const matches = jest.spyOn(server.app.services.oneTimeCodes, 'matches');
    matches.mockReturnValue(false); // whatever the code is
    try {
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(
          sessions.map((token) => server.graphql('mutation { sendEmailCode }', {}, { token })),
        );
        await Promise.all(
          sessions.flatMap((token) =>
            Array.from({ length: 5 }, (_, i) => verify(String(100_000 + i), token)),
          ),
        );
      }
      expect(matches.mock.calls.length).toBeLessThanOrEqual(10);
    } finally {
      matches.mockRestore();
    }
  });

  test('that is refused for its lock says when to come back, over HTTP in its header as well', async () => {
    const token = await sessionOf(server, person.id, ['PASSWORD']);
    await outcomes('EMAIL_CODE', 10);
    const answer = await verify('123456', token);
    expect(codeOf(answer)).toBe('RATE_LIMITED');
    const seconds = answer.errors[0]?.extensions['retryAfterSeconds'];
    expect(seconds).toBeGreaterThan(800);
    expect(answer.headers.get('retry-after')).toBe(String(seconds));
    expect(answer.errors[0]?.extensions['method']).toBe('EMAIL_CODE');
  });
});

describe('an operator', () => {
  test('sees what was tried in vain, and until when a method is locked', async () => {
    await outcomes('EMAIL_CODE', 3);
    await outcomes('TOTP', 10);
    expect(await locks()).toEqual([
      { method: 'EMAIL_CODE', attempts: 3, maxAttempts: 10, lockedUntil: null },
      { method: 'TOTP', attempts: 10, maxAttempts: 10, lockedUntil: expect.stringMatching(/Z$/) },
    ]);
    await pass('2 days');
    expect(await locks()).toEqual([]);
  });

  test('unlocks one method, which stands in the audit log once', async () => {
    await outcomes('EMAIL_CODE', 10);
    await outcomes('TOTP', 10);
    expect((await unlock('TOTP')).data.unlockMethod.methodLocks).toEqual([
      { method: 'EMAIL_CODE' },
    ]);
    await count('TOTP');
    expect(await counted('EMAIL_CODE', 1)).toBe(0);
    await unlock('SMS_CODE');
    expect(await entries('method.unlock')).toEqual([{ actor: 'user:olga', detail: 'TOTP' }]);
  });

  test('unlocks nothing for himself, nor for who holds a role that he lacks', async () => {
    expect(codeOf(await unlock('TOTP', cast.operator.token, cast.operator.id))).toBe('FORBIDDEN');
    expect(codeOf(await unlock('TOTP', cast.operator.token, cast.adminId))).toBe('FORBIDDEN');
    expect(codeOf(await unlock('TOTP', cast.operator.token, randomUUID()))).toBe('NOT_FOUND');
  });

  test.each(['SAML', 'CLIENT_CREDENTIALS'])(
    'unlocks no %s, which is not counted',
    async (method) => {
      expect(codeOf(await unlock(method))).toBe('INVALID_INPUT');
    },
  );
});

describe('a lock', () => {
  test('stands in the audit log once, however many go on trying', async () => {
    await outcomes('TOTP', 50);
    await eventually(async () => ((await entries('method.lock')).length > 0 ? true : undefined));
    await outcomes('TOTP', 50);
    await reported();
    const [entry, ...others] = await entries('method.lock');
    expect(entry?.detail).toMatch(/^TOTP until \d{4}-/);
    expect(entry?.actor).toBe('system:attempts');
    expect(others).toEqual([]);
  });

  test('that the right attempt lifts does not stand there', async () => {
    await outcomes('TOTP', 9);
    await server.app.services.attempts.succeeded(await count('TOTP'));
    await outcomes('EMAIL_CODE', 10);
    await eventually(async () => ((await entries('method.lock')).length > 0 ? true : undefined));
    expect(await entries('method.lock')).toMatchObject([
      { detail: expect.stringContaining('EMAIL_CODE') },
    ]);
  });
});

describe('a password', () => {
  const attempt = (password: string, address: string, username = person.username) =>
    server.graphql(
      `mutation ($username: String!, $password: String!) {
         signInWithPassword(username: $username, password: $password) { token } }`,
      { username, password },
      { headers: { 'x-forwarded-for': address } },
    );
  const wrong = (address: string, times: number, username?: string) =>
    Promise.all(Array.from({ length: times }, () => attempt('wrong', address, username)));
  /** Two hundred times. All but ten are counted without the work of comparing a password. */
  const strangersTry = async (network: string): Promise<void> => {
    const { users, attempts } = server.app.services;
    const account = users.usernameKey(person.username);
    const userId = person.id as UserId;
    for (let i = 0; i < 190; i += 1) {
      const address = `${network}.${String(i)}`;
      await attempts.countSignIn({ account, userId, address, isKnownAddress: false });
    }
    const last = await wrong(`${network}.255`, 10);
    expect(new Set(last.map(codeOf))).toEqual(new Set(['INVALID_CREDENTIALS']));
  };

  test('that was wrong ten times at one address shows as a lock, which an operator undoes', async () => {
    await wrong('192.0.2.1', 12);
    expect(codeOf(await attempt(person.password, '192.0.2.1'))).toBe('RATE_LIMITED');
    expect(await locks()).toEqual([
      {
        method: 'PASSWORD',
        attempts: 10,
        maxAttempts: 10,
        lockedUntil: expect.any(String) as string,
      },
    ]);
    expect((await unlock('PASSWORD')).errors).toEqual([]);
    expect((await attempt(person.password, '192.0.2.1')).errors).toEqual([]);
  });

  test('that strangers have tried two hundred times locks for a quarter of an hour, again and again', async () => {
    for (let round = 0; round < 3; round += 1) {
      await strangersTry(`198.18.${String(round)}`);
      const refused = await attempt(person.password, '203.0.113.5');
      expect(codeOf(refused)).toBe('RATE_LIMITED');
      expect(refused.errors[0]?.extensions['retryAfterSeconds']).toBeLessThanOrEqual(900);
      await pass('16 minutes');
      expect((await attempt(person.password, `203.0.113.${String(round)}`)).errors).toEqual([]);
    }
  });

  test.each([
    ['IPv6', '2001:db8:7:1::1', '2001:db8:7:1:8c2e:91ff:fe04:aa3', '2001:db8:7:2::1'],
    ['IPv4', '198.51.100.7', '198.51.100.7', '198.51.100.8'],
  ])(
    'that strangers try is not locked in the network that its owner signed in from, by %s',
    async (_family, before, now, elsewhere) => {
      expect((await attempt(person.password, before)).errors).toEqual([]);
      await strangersTry('198.18.9');
      expect(codeOf(await attempt(person.password, elsewhere))).toBe('RATE_LIMITED');
      expect((await attempt(person.password, now)).errors).toEqual([]);
    },
  );

  test('of nobody is counted like that of somebody, and stands in no log', async () => {
    const nobody = newName('nobody');
    const answers = [await wrong('192.0.2.3', 12), await wrong('192.0.2.4', 12, nobody)];
    const [somebodys, nobodys] = answers.map((each) => each.map(codeOf).sort());
    expect(nobodys).toEqual(somebodys);
    const rows = await server.database.query(
      `SELECT subject FROM proof_attempt WHERE user_id IS NULL AND subject LIKE '%' || $1 || '%'`,
      [nobody],
    );
    expect(rows).toEqual([]);
  });
});

/** Waits until every lock that is there has been reported. */
async function reported(): Promise<void> {
  await eventually(async () => {
    const open = await server.database.query('SELECT 1 FROM proof_attempt WHERE NOT reported');
    return open.length === 0 ? true : undefined;
  });
}
