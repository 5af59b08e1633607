import { gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { changePassword, linkMailedTo, requestReset, setPassword } from '../helpers/passwords';
import { createPerson, createProject, signIn, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { Watcher } from '../helpers/subscription';

const NEW = 'a password of my own choice';

let server: TestServer;
let cast: Cast;
let person: Person;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  person = await createPerson(server, cast.admin, newName('user'));
  token = await sessionOf(server, person.id);
});
afterAll(() => server.stop());

const change = (current = person.password, password = NEW, by = token) =>
  changePassword(server, by, current, password);
const viewer = (by: string) =>
  server.graphql('{ viewer { evidence { method } } }', {}, { token: by });

test('who knows his password changes it, and his session goes on under a new token', async () => {
  const { data, errors } = await change();
  expect(errors).toEqual([]);
  const { token: next, viewer: seen } = data.changePassword;
  expect(seen.evidence).toEqual(
    expect.arrayContaining([{ method: 'PASSWORD' }, { method: 'EMAIL_CODE' }]),
  );
  expect(codeOf(await viewer(token))).toBe('UNAUTHENTICATED');
  expect((await viewer(next as string)).errors).toEqual([]);
  await expect(signIn(server, person.username, person.password)).rejects.toThrow(
    'INVALID_CREDENTIALS',
  );
  expect(await signIn(server, person.username, NEW)).not.toBe('');
  await server.mailTo(
    person.email,
    ({ subject }) => subject === 'Your Signet password was changed',
  );
});

test('PASSWORD is proven anew in the session that goes on', async () => {
  await server.database.query(
    `UPDATE session_evidence SET at = at - interval '11 hours' WHERE session_id IN (SELECT id FROM session WHERE user_id = $1)`,
    [person.id],
  );
  await change();
  const rows = await server.database.query<{ credential: string; isFresh: boolean }>(
    `SELECT e.credential, e.at > now() - interval '1 minute' AS "isFresh"
     FROM session_evidence e JOIN session s ON s.id = e.session_id WHERE s.user_id = $1 AND e.method = 'PASSWORD'`,
    [person.id],
  );
  expect(rows).toEqual([{ credential: 'password', isFresh: true }]);
});

test('all other sessions end at once, with their sockets; the own socket stays', async () => {
  const elsewhere = await sessionOf(server, person.id);
  const { id } = await order(server, token, { projectId: cast.projectId });
  const [here, there] = [token, elsewhere].map((by) => new Watcher(server.url, id, { token: by }));
  await Promise.all([here?.until('WAITING_FOR_SCAN'), there?.until('WAITING_FOR_SCAN')]);
  const { data } = await change();
  expect(await there?.closed).toBe(4401);
  expect(codeOf(await viewer(elsewhere))).toBe('UNAUTHENTICATED');
  await server.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
    { id },
    { token: data.changePassword.token },
  );
  await here?.until('CANCELLED');
});

test('codes, links and unscanned invitations that are under way are void', async () => {
  const mailing = await createProject(server, cast.admin, newName('mailing'), {
    channels: ['EMAIL'],
  });
  const invited = await server.graphql(
    'mutation ($input: StartEnrolmentInput!) { startEnrolment(input: $input) { enrolment { id } } }',
    { input: { projectId: mailing } },
    { token },
  );
  const { id } = invited.data.startEnrolment.enrolment;
  await server.graphql('mutation { sendEmailCode }', {}, { token });
  await requestReset(server, person.username);
  const link = await linkMailedTo(server, person.email);
  expect((await change()).errors).toEqual([]);
  expect(await statusOf(server, id as string)).toBe('CANCELLED');
  expect(codeOf(await setPassword(server, link, `${NEW} too`))).toBe('CODE_EXPIRED');
  const open = await server.database.query(
    'SELECT id FROM one_time_code WHERE user_id = $1 AND closed_at IS NULL',
    [person.id],
  );
  expect(open).toEqual([]);
});

test('of fifty guesses at the present password ten are compared, and the right one waits with them', async () => {
  const { userPasswords } = server.app.services;
  const compared = jest.spyOn(userPasswords, 'hashOf');
  try {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => change(`wrong password ${String(i)}`)),
    );
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(10);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(40);
    expect(compared.mock.calls).toHaveLength(10);
  } finally {
    compared.mockRestore();
  }
  const late = await change();
  expect(codeOf(late)).toBe('RATE_LIMITED');
  expect(late.errors[0]?.extensions).toMatchObject({
    method: 'PASSWORD',
    retryAfterSeconds: expect.any(Number),
  });
  expect(await signIn(server, person.username, person.password)).not.toBe('');
  const seen = await server.graphql(
    'query ($userId: ID!) { user(id: $userId) { methodLocks { method attempts maxAttempts } } }',
    { userId: person.id },
    { token: cast.operator.token },
  );
  expect(seen.data.user.methodLocks).toEqual([
    { method: 'PASSWORD', attempts: 10, maxAttempts: 10 },
  ]);
  await server.graphql(
    'mutation ($userId: ID!) { unlockMethod(userId: $userId, method: PASSWORD) { id } }',
    { userId: person.id },
    { token: cast.operator.token },
  );
  expect((await change()).errors).toEqual([]);
});

test('right passwords are not counted', async () => {
  let [present, by] = [person.password, token];
  for (let i = 0; i < 12; i += 1) {
    const next = `${NEW} ${String(i)}`;
    const { data, errors } = await change(present, next, by);
    expect(errors).toEqual([]);
    [present, by] = [next, data.changePassword.token as string];
  }
});

test.each([
  ['short', 'too short'],
  ['of the commonest', 'Password1234'],
  ['the same as before', null],
])(
  'a new password that is %s is INVALID_INPUT at its path, and nothing changes',
  async (_why, bad) => {
    const answer = await change(person.password, bad ?? person.password);
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'password' }]);
    expect((await viewer(token)).errors).toEqual([]);
    expect(await signIn(server, person.username, person.password)).not.toBe('');
  },
);

test('what is wrong with a new password is not told to who does not know the present one', async () => {
  expect(codeOf(await change('not the present one', 'short'))).toBe('INVALID_CREDENTIALS');
});

test('two changes at the same time: one holds', async () => {
  const passwords = [`${NEW} one`, `${NEW} two`];
  const answers = await Promise.all(passwords.map((each) => change(person.password, each)));
  const won = passwords.filter((_, i) => answers[i]?.errors.length === 0);
  expect(won).toHaveLength(1);
  expect(await signIn(server, person.username, won[0] ?? '')).not.toBe('');
});

test('who has no password cannot change it', async () => {
  await server.database.query('UPDATE app_user SET password_hash = NULL WHERE id = $1', [
    person.id,
  ]);
  for (const current of ['', person.password]) {
    expect(codeOf(await change(current))).toBe('INVALID_CREDENTIALS');
  }
});

test('nobody changes a password without a session', async () => {
  const answer = await server.graphql(
    `mutation { changePassword(current: "${person.password}", password: "${NEW}") { token } }`,
  );
  expect(codeOf(answer)).toBe('UNAUTHENTICATED');
});
