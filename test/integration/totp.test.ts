import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../../src/kernel/actor';
import type { UserId } from '../../src/kernel/ids';
import { gatherCast, type Cast } from '../helpers/cast';
import {
  AuthenticatorApp,
  confirmTotp,
  enrolTotp,
  forgetSteps,
  startTotp,
  verifyTotp,
} from '../helpers/factors';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { evidenceOf, sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let person: Person;
let token: string;
/** Of somebody else. */
let others: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  await server.database.query('DELETE FROM totp_authenticator');
  others = await sessionOf(server, cast.other.id);
  person = await createPerson(server, cast.admin, newName('user'));
  token = await sessionOf(server, person.id);
});
afterAll(() => server.stop());

const mine = async (by = token) => {
  const { data } = await server.graphql(
    '{ myTotpAuthenticators { id name isConfirmed lastUsedAt } }',
    {},
    { token: by },
  );
  return data.myTotpAuthenticators as { id: string; isConfirmed: boolean; lastUsedAt: string }[];
};
const remove = (id: string, by = token) =>
  server.graphql('mutation ($id: ID!) { removeTotpAuthenticator(id: $id) }', { id }, { token: by });
const wrong = (code: string, by = 1): string => String((Number(code) + by) % 1e6).padStart(6, '0');

/** A guess that none of the steps around now gives. */
function wrongFor(app: AuthenticatorApp): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => app.code(steps));
  let guess = app.code();
  while (right.includes(guess)) guess = wrong(guess);
  return guess;
}

/** A call of the service at an instant of the test's choice. */
async function requestAt(now: Date, bearer = token): Promise<RequestContext> {
  const { work, sessions } = server.app.services;
  const found = await sessions.byToken(work.sql, bearer);
  if (found === undefined) throw new Error('There is no such session.');
  return { ...(await work.systemRequest('test', randomUUID())), actor: found.actor, now };
}

describe('enrolment', () => {
  test('shows a secret of 160 bits once, with a URI that every app reads', async () => {
    const { data } = await startTotp(server, token, ' My phone ');
    const { secret, qr, authenticator } = data.startTotpEnrolment;
    const app = new AuthenticatorApp(secret as string);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(app.secret).toHaveLength(20);
    const uri = new URL(qr.uri as string);
    expect(uri.protocol).toBe('otpauth:');
    expect(uri.host).toBe('totp');
    expect(decodeURIComponent(uri.pathname)).toBe(`/Signet:${person.username}`);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'Signet',
      secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
    expect(authenticator).toMatchObject({ name: 'My phone', isConfirmed: false, lastUsedAt: null });
    expect(await mine()).toMatchObject([{ id: authenticator.id, isConfirmed: false }]);
  });

  test('a right code confirms it, and is no proof of identity', async () => {
    const { data } = await startTotp(server, token);
    const { secret, authenticator } = data.startTotpEnrolment;
    const app = new AuthenticatorApp(secret as string);
    const code = app.code();
    const confirmed = await confirmTotp(server, token, authenticator.id as string, code);
    expect(confirmed.data.confirmTotpEnrolment).toMatchObject({ isConfirmed: true });
    expect(await evidenceOf(server, token)).toEqual(['PASSWORD', 'EMAIL_CODE']);
    expect(codeOf(await verifyTotp(server, token, code))).toBe('INVALID_CREDENTIALS');
    expect((await verifyTotp(server, token, app.code(1))).errors).toEqual([]);
  });

  test('until it is confirmed its codes prove nothing', async () => {
    const { data } = await startTotp(server, token);
    const { secret, authenticator } = data.startTotpEnrolment;
    const app = new AuthenticatorApp(secret as string);
    expect(codeOf(await verifyTotp(server, token, app.code()))).toBe('INVALID_CREDENTIALS');
    await confirmTotp(server, token, authenticator.id as string, app.code());
    await forgetSteps(server, authenticator.id as string);
    expect((await verifyTotp(server, token, app.code())).errors).toEqual([]);
  });

  test('a wrong code does not confirm it', async () => {
    const { data } = await startTotp(server, token);
    const { secret, authenticator } = data.startTotpEnrolment;
    const app = new AuthenticatorApp(secret as string);
    const id = authenticator.id as string;
    expect(codeOf(await confirmTotp(server, token, id, wrongFor(app)))).toBe('INVALID_CREDENTIALS');
    expect(await mine()).toMatchObject([{ isConfirmed: false }]);
    expect((await confirmTotp(server, token, id, app.code())).errors).toEqual([]);
  });

  test('after ten minutes it cannot be confirmed any more, and is not listed', async () => {
    const { data } = await startTotp(server, token);
    const { secret, authenticator } = data.startTotpEnrolment;
    const app = new AuthenticatorApp(secret as string);
    await server.database.query(
      `UPDATE totp_authenticator SET expires_at = expires_at - interval '10 minutes' WHERE id = $1`,
      [authenticator.id],
    );
    const answer = await confirmTotp(server, token, authenticator.id as string, app.code());
    expect(codeOf(answer)).toBe('NOT_FOUND');
    expect(await mine()).toEqual([]);
  });

  test("another user's cannot be confirmed", async () => {
    const { data } = await startTotp(server, token);
    const { secret, authenticator } = data.startTotpEnrolment;
    const app = new AuthenticatorApp(secret as string);
    const id = authenticator.id as string;
    expect(codeOf(await confirmTotp(server, others, id, app.code()))).toBe('NOT_FOUND');
    expect((await confirmTotp(server, token, id, app.code())).errors).toEqual([]);
  });

  test('ten confirmations at the same time confirm it once', async () => {
    const { data } = await startTotp(server, token);
    const { secret, authenticator } = data.startTotpEnrolment;
    const code = new AuthenticatorApp(secret as string).code();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        confirmTotp(server, token, authenticator.id as string, code),
      ),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    const later = await confirmTotp(server, token, authenticator.id as string, code);
    expect(['INVALID_TRANSITION', 'RATE_LIMITED']).toContain(codeOf(later));
  });

  test('at most five count, and one more that waits takes the place of the oldest that waits', async () => {
    for (let i = 0; i < 4; i += 1) await enrolTotp(server, token);
    const first = (await startTotp(server, token)).data.startTotpEnrolment.authenticator;
    const second = (await startTotp(server, token)).data.startTotpEnrolment;
    const ids = (await mine()).map(({ id }) => id);
    expect(ids).toHaveLength(5);
    expect(ids).not.toContain(first.id);
    const app = new AuthenticatorApp(second.secret as string);
    await confirmTotp(server, token, second.authenticator.id as string, app.code());
    const answer = await startTotp(server, token);
    expect(codeOf(answer)).toBe('CONFLICT');
    expect(answer.errors[0]?.extensions).toMatchObject({
      reason: 'TOO_MANY_AUTHENTICATORS',
      max: 5,
    });
  });

  test('ten begun at the same time leave five', async () => {
    await Promise.all(Array.from({ length: 10 }, () => startTotp(server, token)));
    expect(await mine()).toHaveLength(5);
  });

  test.each(['', '   ', 'x'.repeat(65), 'a\u0000b', 'a\u202eb', 'line\nbreak'])(
    'a name such as %j is refused with its field',
    async (name) => {
      const answer = await startTotp(server, token, name);
      expect(codeOf(answer)).toBe('INVALID_INPUT');
      expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'name' }]);
    },
  );

  test('needs a second proof', async () => {
    const weak = await sessionOf(server, person.id, ['PASSWORD']);
    expect(codeOf(await startTotp(server, weak))).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    expect(await mine()).toEqual([]);
  });

  test('is begun sixty times in a quarter of an hour at most', async () => {
    const { limits } = server.app.services;
    for (let i = 0; i < 60; i += 1) await limits.take('methods/start', person.id);
    expect(codeOf(await startTotp(server, token))).toBe('RATE_LIMITED');
  });
});

describe('a code', () => {
  test('adds its evidence, and the session goes on under a new token', async () => {
    const { id, app } = await enrolTotp(server, token);
    const { data } = await verifyTotp(server, token, app.code());
    expect(data.verifyTotp.viewer.evidence).toContainEqual({ method: 'TOTP', provider: null });
    expect(data.verifyTotp.token).not.toBe(token);
    const rows = await server.database.query(
      `SELECT e.credential FROM session_evidence e JOIN session s ON s.id = e.session_id
       WHERE s.user_id = $1 AND e.method = 'TOTP'`,
      [person.id],
    );
    expect(rows).toEqual([{ credential: id }]);
    const [listed] = await mine(data.verifyTotp.token as string);
    expect(listed?.lastUsedAt).not.toBeNull();
  });

  test('counts once', async () => {
    const { app } = await enrolTotp(server, token);
    const code = app.code();
    const { data } = await verifyTotp(server, token, code);
    const again = await verifyTotp(server, data.verifyTotp.token as string, code);
    expect(codeOf(again)).toBe('INVALID_CREDENTIALS');
  });

  test('counts once among fifty calls at the same time', async () => {
    const { app } = await enrolTotp(server, token);
    const code = app.code();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => verifyTotp(server, token, code)),
    );
    const right = answers.filter(({ errors }) => errors.length === 0);
    expect(right).toHaveLength(1);
  });

  test('counts once among fifty uses at the same time, wherever they come from', async () => {
    const { id, app } = await enrolTotp(server, token);
    const { totp, work } = server.app.services;
    const now = new Date();
    const request = await requestAt(now);
    const userId = person.id as UserId;
    const matches = await totp.matches(work.read(request), userId, app.codeAt(now));
    expect(matches).toMatchObject([{ id }]);
    const uses = await Promise.all(
      Array.from({ length: 50 }, () => work.change(request, (scope) => totp.use(scope, matches))),
    );
    expect(uses.filter((used) => used === id)).toHaveLength(1);
  });

  test('counts once on two instances together', async () => {
    const other = await startTestServer({ database: server.database });
    try {
      const { app } = await enrolTotp(server, token);
      const sessions = [
        token,
        await sessionOf(server, person.id),
        await sessionOf(server, person.id),
      ];
      const code = app.code();
      const answers = await Promise.all(
        [server, other].flatMap((instance) =>
          sessions.map((session) => verifyTotp(instance, session, code)),
        ),
      );
      expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });

  test.each([
    ['of the step before', -1, true],
    ['of the present step', 0, true],
    ['of the step after', 1, true],
    ['of two steps before', -2, false],
    ['of two steps after', 2, false],
  ])('%s (%i) is accepted: %s', async (_name, steps, isAccepted) => {
    const { app } = await enrolTotp(server, token);
    const now = new Date();
    const code = app.codeAt(new Date(now.getTime() + steps * 30_000));
    const verified = server.app.services.totpProofs.verify(await requestAt(now), code).then(
      () => 'accepted',
      (refusal: unknown) => (refusal as { code: string }).code,
    );
    expect(await verified).toBe(isAccepted ? 'accepted' : 'INVALID_CREDENTIALS');
  });

  test('of an earlier step does not count after one of a later step', async () => {
    const { app } = await enrolTotp(server, token);
    const now = new Date();
    const { totpProofs } = server.app.services;
    const present = app.codeAt(now);
    const before = app.codeAt(new Date(now.getTime() - 30_000));
    const { token: next } = await totpProofs.verify(await requestAt(now), present);
    await expect(totpProofs.verify(await requestAt(now, next), before)).rejects.toMatchObject({
      code: 'INVALID_CREDENTIALS',
    });
  });

  test('of each of several authenticators counts', async () => {
    const [one, two] = [await enrolTotp(server, token), await enrolTotp(server, token)];
    const first = await verifyTotp(server, token, one.app.code());
    const second = await verifyTotp(server, first.data.verifyTotp.token as string, two.app.code());
    expect(second.errors).toEqual([]);
  });

  test('of another user proves nothing, and is not used up by trying', async () => {
    const { app } = await enrolTotp(server, token);
    const code = app.code();
    await enrolTotp(server, others);
    expect(codeOf(await verifyTotp(server, others, code))).toBe('INVALID_CREDENTIALS');
    expect((await verifyTotp(server, token, code)).errors).toEqual([]);
  });

  test('without a session is UNAUTHENTICATED', async () => {
    const answer = await server.graphql('mutation { verifyTotp(code: "123456") { token } }');
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  });

  test.each(['', '12345', '1234567', '12345a', '１２３４５６', ' 123456', '123 456'])(
    'that is none of six digits (%j) is INVALID_INPUT, and counts for nothing',
    async (code) => {
      const { app } = await enrolTotp(server, token);
      for (let i = 0; i < 11; i += 1) {
        const answer = await verifyTotp(server, token, code);
        expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'code' }]);
      }
      expect((await verifyTotp(server, token, app.code())).errors).toEqual([]);
    },
  );

  test('tried wrongly ten times locks the method for a time, for this user alone', async () => {
    const { app } = await enrolTotp(server, token);
    const elsewhere = await sessionOf(server, person.id);
    for (let i = 0; i < 10; i += 1) {
      const answer = await verifyTotp(server, i % 2 === 0 ? token : elsewhere, wrongFor(app));
      expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    }
    const locked = await verifyTotp(server, token, app.code());
    expect(codeOf(locked)).toBe('RATE_LIMITED');
    expect(locked.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(0);
    const { app: theirs } = await enrolTotp(server, others);
    expect((await verifyTotp(server, others, theirs.code())).errors).toEqual([]);
    await forgetAttempts(server.database);
    expect((await verifyTotp(server, token, app.code())).errors).toEqual([]);
  });

  test('that was right gives its attempt back', async () => {
    const { id, app } = await enrolTotp(server, token);
    for (let i = 0; i < 12; i += 1) {
      const { data, errors } = await verifyTotp(server, token, app.code());
      expect(errors).toEqual([]);
      token = data.verifyTotp.token as string;
      await forgetSteps(server, id);
    }
  });
});

describe('removal', () => {
  test('is not opened by the authenticator that goes', async () => {
    const { id, app } = await enrolTotp(server, token);
    const weak = await sessionOf(server, person.id, ['PASSWORD']);
    const { data } = await verifyTotp(server, weak, app.code());
    const answer = await remove(id, data.verifyTotp.token as string);
    expect(codeOf(answer)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    const shouted = await remove(id.toUpperCase(), data.verifyTotp.token as string);
    expect(codeOf(shouted)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    const missing = answer.errors[0]?.extensions['missing'] as { anyOf: unknown[] }[];
    expect(missing.flatMap(({ anyOf }) => anyOf)).toContainEqual(
      expect.objectContaining({ method: 'TOTP', reason: 'SAME_CREDENTIAL' }),
    );
    expect(await mine()).toHaveLength(1);
  });

  test('is opened by another authenticator', async () => {
    const [goes, stays] = [await enrolTotp(server, token), await enrolTotp(server, token)];
    const weak = await sessionOf(server, person.id, ['PASSWORD']);
    const { data } = await verifyTotp(server, weak, stays.app.code());
    const answer = await remove(goes.id, data.verifyTotp.token as string);
    expect(answer.errors).toEqual([]);
    expect(await mine()).toMatchObject([{ id: stays.id }]);
  });

  test('takes back what was proven with it, in all sessions, and its codes prove nothing', async () => {
    const { id, app } = await enrolTotp(server, token);
    const elsewhere = await sessionOf(server, person.id);
    const { data } = await verifyTotp(server, elsewhere, app.code());
    expect(await evidenceOf(server, data.verifyTotp.token as string)).toContain('TOTP');
    expect((await remove(id)).errors).toEqual([]);
    expect(await evidenceOf(server, data.verifyTotp.token as string)).not.toContain('TOTP');
    expect(codeOf(await verifyTotp(server, token, app.code(1)))).toBe('INVALID_CREDENTIALS');
    expect(codeOf(await remove(id))).toBe('NOT_FOUND');
  });

  test("of another user's is NOT_FOUND", async () => {
    const { id } = await enrolTotp(server, token);
    expect(codeOf(await remove(id, others))).toBe('NOT_FOUND');
    expect(codeOf(await remove('no id'))).toBe('NOT_FOUND');
    expect(await mine()).toHaveLength(1);
  });

  test('by a user does not depend on where administrators get in', async () => {
    const { id } = await enrolTotp(server, token);
    const setNetworks = (networks: string) =>
      server.database.query(
        `UPDATE access_rule SET conditions = jsonb_set(conditions, '{networks}', $1) WHERE '/admin' = ANY(resources)`,
        [networks],
      );
    await setNetworks('["192.0.2.0/24"]');
    const answer = await remove(id);
    await setNetworks('[]');
    expect(answer.errors).toEqual([]);
  });

  test('and every other change stands in the audit log, without the secret', async () => {
    const { id } = await enrolTotp(server, token);
    await remove(id);
    const entries = await server.database.query(
      'SELECT action, actor_id, detail FROM audit_entry WHERE target = $1 ORDER BY id',
      [`totp:${id}`],
    );
    expect(entries).toEqual(
      ['totp.start', 'totp.confirm', 'totp.remove'].map((action) => ({
        action,
        actor_id: person.id,
        detail: null,
      })),
    );
  });
});

test('it is offered to who has a confirmed authenticator, and to nobody else', async () => {
  const offered = async (by?: string) => {
    const { data } = await server.graphql('{ signInOptions { method label } }', {}, { token: by });
    return (data.signInOptions as { method: string }[]).map(({ method }) => method);
  };
  expect(await offered()).not.toContain('TOTP');
  expect(await offered(token)).not.toContain('TOTP');
  await startTotp(server, token);
  expect(await offered(token)).not.toContain('TOTP');
  await enrolTotp(server, token);
  expect(await offered(token)).toEqual(['PASSWORD', 'EMAIL_CODE', 'TOTP']);
  expect(await offered(cast.alva.token)).not.toContain('TOTP');
});

test('holders are those with a confirmed authenticator', async () => {
  await enrolTotp(server, token);
  await startTotp(server, cast.alva.token);
  const { totp, work } = server.app.services;
  const scope = work.read(await requestAt(new Date()));
  const asked = [person.id, cast.alva.id] as UserId[];
  expect(await totp.holders(scope, asked)).toEqual([person.id]);
  expect(await totp.holders(scope, [])).toEqual([]);
});

test('a sealed secret that was moved to another row opens nothing', async () => {
  const [one, two] = [await enrolTotp(server, token), await enrolTotp(server, others)];
  await server.database.query(
    `UPDATE totp_authenticator SET sealed_secret = (SELECT sealed_secret FROM totp_authenticator WHERE id = $2)
     WHERE id = $1`,
    [one.id, two.id],
  );
  expect(codeOf(await verifyTotp(server, token, two.app.code()))).toBe('INTERNAL');
});

test('what was never confirmed is deleted in time, and nothing else', async () => {
  const { id } = await enrolTotp(server, token);
  await startTotp(server, token);
  const { data } = await startTotp(server, token);
  await server.database.query(
    `UPDATE totp_authenticator SET expires_at = now() - interval '1 second' WHERE user_id = $1 AND id <> $2`,
    [person.id, data.startTotpEnrolment.authenticator.id],
  );
  const { totp, work } = server.app.services;
  await work.change(await work.systemRequest('purge', randomUUID()), (scope) => totp.purge(scope));
  expect((await mine()).map((each) => each.id)).toEqual([
    id,
    data.startTotpEnrolment.authenticator.id,
  ]);
});
