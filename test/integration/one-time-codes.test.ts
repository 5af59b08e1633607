import { randomUUID } from 'node:crypto';
import type { UserId } from '../../src/kernel/ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, signIn, sixDigitsIn, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

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
  token = await signIn(server, person.username, person.password);
});
afterAll(() => server.stop());

async function mailedCode(by = token, to = person.email): Promise<string> {
  const known = new Set((await server.mails()).map(({ id }) => id));
  const { errors } = await server.graphql('mutation { sendEmailCode }', {}, { token: by });
  expect(errors).toEqual([]);
  const code = sixDigitsIn((await server.mailTo(to, ({ id }) => !known.has(id))).text);
  noteSecret(code);
  return code;
}

const verify = (code: string, by = token) =>
  server.graphql(
    `mutation ($code: String!) { verifyEmailCode(code: $code) {
       token viewer { evidence { method } } } }`,
    { code },
    { token: by },
  );

const wrong = (code: string, by = 1): string => String((Number(code) + by) % 1e6).padStart(6, '0');

const attempts = () =>
  server.database.query<{ attempts: number }>(
    `SELECT c.attempts FROM one_time_code c JOIN app_user u ON u.id = c.user_id
     WHERE u.id = $1 ORDER BY c.created_at`,
    [person.id],
  );

test('the right code adds its evidence, and the session goes on under a new token', async () => {
  const { data } = await verify(await mailedCode());
  expect(data.verifyEmailCode.viewer.evidence).toEqual([
    { method: 'PASSWORD' },
    { method: 'EMAIL_CODE' },
  ]);
  expect(data.verifyEmailCode.token).not.toBe(token);
  expect(codeOf(await server.graphql('{ viewer { user { id } } }', {}, { token }))).toBe(
    'UNAUTHENTICATED',
  );
});

test('of fifty guesses at the same time at most five are compared', async () => {
  const code = await mailedCode();
  const { oneTimeCodes } = server.app.services;
  const compared = jest.spyOn(oneTimeCodes, 'matches');
  try {
    const guesses = Array.from({ length: 50 }, (_, i) => wrong(code, i + 1));
    const answers = await Promise.all(guesses.map((guess) => verify(guess)));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['INVALID_CREDENTIALS', 'RATE_LIMITED']));
    expect(compared.mock.calls.length).toBeLessThanOrEqual(5);
  } finally {
    compared.mockRestore();
  }
  expect(await attempts()).toEqual([{ attempts: 5 }]);
  await forgetAttempts(server.database);
  expect(codeOf(await verify(code))).toBe('INVALID_CREDENTIALS');
});

test('the right code among fifty guesses opens the session once at most', async () => {
  const code = await mailedCode();
  const guesses = Array.from({ length: 50 }, (_, i) => (i % 7 === 3 ? code : wrong(code, i + 1)));
  const answers = await Promise.all(guesses.map((guess) => verify(guess)));
  expect(answers.filter(({ errors }) => errors.length === 0).length).toBeLessThanOrEqual(1);
  const [row] = await attempts();
  expect(row?.attempts).toBeLessThanOrEqual(5);
});

test('a code used ten times at the same time works once', async () => {
  const code = await mailedCode();
  const answers = await Promise.all(Array.from({ length: 10 }, () => verify(code)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
});

test('a code works once', async () => {
  const code = await mailedCode();
  const { data } = await verify(code);
  expect(codeOf(await verify(code, data.verifyEmailCode.token as string))).toBe(
    'INVALID_CREDENTIALS',
  );
});

test('after five wrong codes the right one is wrong as well, until a new one was sent', async () => {
  const code = await mailedCode();
  for (let i = 1; i <= 5; i += 1) {
    expect(codeOf(await verify(wrong(code, i)))).toBe('INVALID_CREDENTIALS');
  }
  expect(codeOf(await verify(code))).toBe('INVALID_CREDENTIALS');
  expect((await verify(await mailedCode())).errors).toEqual([]);
});

test('a code of another session of the same user does not work', async () => {
  const elsewhere = await sessionOf(server, person.id, ['PASSWORD']);
  const code = await mailedCode();
  expect(codeOf(await verify(code, elsewhere))).toBe('INVALID_CREDENTIALS');
  expect((await verify(code)).errors).toEqual([]);
});

test('a new code voids the one before', async () => {
  await mailedCode();
  const code = await mailedCode();
  const open = await server.database.query<{ isFirst: boolean }>(
    `SELECT c.created_at = min(c.created_at) OVER () AS "isFirst" FROM one_time_code c
     WHERE c.user_id = $1 ORDER BY c.closed_at NULLS FIRST LIMIT 1`,
    [person.id],
  );
  expect(open).toEqual([{ isFirst: false }]);
  expect((await verify(code)).errors).toEqual([]);
});

test('a code is good for ten minutes', async () => {
  const code = await mailedCode();
  await server.database.query(
    `UPDATE one_time_code SET expires_at = expires_at - interval '10 minutes' WHERE user_id = $1`,
    [person.id],
  );
  expect(codeOf(await verify(code))).toBe('INVALID_CREDENTIALS');
});

test('a new address voids codes, and takes back what was proven with the old one', async () => {
  const { data } = await verify(await mailedCode());
  token = data.verifyEmailCode.token as string;
  const code = await mailedCode();
  const { errors } = await server.graphql(
    'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { email } }',
    { id: person.id, input: { email: `new.${person.email}` } },
    { token: cast.operator.token },
  );
  expect(errors).toEqual([]);
  expect(codeOf(await verify(code))).toBe('INVALID_CREDENTIALS');
  const seen = await server.graphql('{ viewer { evidence { method } } }', {}, { token });
  expect(seen.data.viewer.evidence).toEqual([{ method: 'PASSWORD' }]);
});

test.each(['', '12345', '1234567', '12345a', '１２３４５６', ' 123456'])(
  'what is no code of six digits (%j) is INVALID_INPUT, and counts for nothing',
  async (code) => {
    await mailedCode();
    const answer = await verify(code);
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'code' }]);
    expect(await attempts()).toEqual([{ attempts: 0 }]);
  },
);

test('codes are not sent without end', async () => {
  const answers = [];
  for (let i = 0; i < 7; i += 1) {
    answers.push(await server.graphql('mutation { sendEmailCode }', {}, { token }));
  }
  expect(answers.slice(0, 6).flatMap(({ errors }) => errors)).toEqual([]);
  const last = answers.at(-1);
  expect(last?.errors[0]?.extensions.code).toBe('RATE_LIMITED');
  expect(last?.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(0);
});

test('users who can be mailed a code are told apart from those who cannot', async () => {
  const other = await createPerson(server, cast.admin, newName('user'));
  await server.database.query('UPDATE app_user SET email = NULL WHERE id = $1', [other.id]);
  const { oneTimeCodes, work } = server.app.services;
  const scope = work.read(await work.systemRequest('test', randomUUID()));
  const asked = [person.id, other.id] as UserId[];
  expect(await oneTimeCodes.holders(scope, asked, 'EMAIL_CODE')).toEqual([person.id]);
  expect(await oneTimeCodes.holders(scope, asked, 'SMS_CODE')).toEqual([]);
});

test('without an address there is no code', async () => {
  await server.database.query('UPDATE app_user SET email = NULL WHERE id = $1', [person.id]);
  const answer = await server.graphql('mutation { sendEmailCode }', {}, { token });
  expect(codeOf(answer)).toBe('CHANNEL_NOT_AVAILABLE');
});
