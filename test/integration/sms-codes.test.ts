import { loadConfig } from '../../src/config';
import { gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, createProject, signIn, sixDigitsIn, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { TestSmsGateway, type GatewayCall } from '../helpers/receivers/sms-gateway';

const PRODUCTION = {
  NODE_ENV: 'production',
  SMTP_URL: 'smtp://mail.example.org',
  PUBLIC_URL: 'https://id.example.org',
};
const SECRET = 'gateway.secret~0815';

let gateway: TestSmsGateway;
let server: TestServer;
let cast: Cast;
let person: Person & { readonly phone: string };
let token: string;
let numbers = 0;

beforeAll(async () => {
  noteSecret(SECRET);
  gateway = await new TestSmsGateway().start();
  server = await startTestServer({
    environment: { SMS_URL: `http://${gateway.host}/v1/messages?from=Signet&token=${SECRET}` },
  });
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  gateway.calls.length = 0;
  gateway.answers = [];
  person = await withPhone();
  token = await sessionOf(server, person.id, ['PASSWORD']);
});
afterAll(async () => {
  await server.stop();
  await gateway.stop();
});

async function withPhone(): Promise<Person & { readonly phone: string }> {
  const someone = await createPerson(server, cast.admin, newName('user'));
  numbers += 1;
  const phone = `+4179${String(1_000_000 + numbers)}`;
  await setPhone(someone.id, phone);
  return { ...someone, phone };
}

async function setPhone(id: string, phone: string | null): Promise<void> {
  const { errors } = await server.graphql(
    'mutation ($id: ID!, $phone: String) { updateUser(id: $id, input: { phone: $phone }) { id } }',
    { id, phone },
    { token: cast.operator.token },
  );
  expect(errors).toEqual([]);
}

const send = (by = token) => server.graphql('mutation { sendSmsCode }', {}, { token: by });
const verify = (code: string, by = token, field = 'verifySmsCode') =>
  server.graphql(
    `mutation ($code: String!) { ${field}(code: $code) { token viewer { evidence { method } } } }`,
    { code },
    { token: by },
  );
const callsTo = (phone: string): GatewayCall[] =>
  gateway.calls.filter(({ body }) => body.to === phone);
const textedCode = async (by = token, phone = person.phone): Promise<string> => {
  const before = callsTo(phone).length;
  expect((await send(by)).errors).toEqual([]);
  const call = await eventually(() => Promise.resolve(callsTo(phone)[before]));
  const code = sixDigitsIn(call.body.text);
  noteSecret(code);
  return code;
};
const wrong = (code: string, by = 1): string => String((Number(code) + by) % 1e6).padStart(6, '0');
const evidence = async (by: string): Promise<unknown> => {
  const { data } = await server.graphql('{ viewer { evidence { method } } }', {}, { token: by });
  return data.viewer.evidence;
};

test('the code of a text message adds SMS_CODE to the session', async () => {
  const { data } = await verify(await textedCode());
  expect(data.verifySmsCode.viewer.evidence).toEqual([
    { method: 'PASSWORD' },
    { method: 'SMS_CODE' },
  ]);
  expect(codeOf(await server.graphql('{ viewer { user { id } } }', {}, { token }))).toBe(
    'UNAUTHENTICATED',
  );
  const [row] = await server.database.query<{ credential: string }>(
    `SELECT e.credential FROM session_evidence e JOIN session s ON s.id = e.session_id
     WHERE s.user_id = $1 AND e.method = 'SMS_CODE'`,
    [person.id],
  );
  expect(row?.credential).toBe(person.phone);
});

test('the gateway is called as it was configured, and its secret is in the header alone', async () => {
  await textedCode();
  const [call] = gateway.calls;
  expect(call).toMatchObject({ method: 'POST', url: '/v1/messages?from=Signet' });
  expect(call?.headers).toMatchObject({
    authorization: `Bearer ${SECRET}`,
    'content-type': 'application/json',
    'idempotency-key': expect.stringMatching(/^"signet\.sign-in-code\.[0-9a-f-]{36}\.\d+"$/),
  });
  expect(Object.keys(call?.body ?? {})).toEqual(['to', 'text']);
});

test('the message names the site, for people and for browsers', async () => {
  const code = await textedCode();
  const lines = gateway.calls[0]?.body.text.split('\n') ?? [];
  expect(lines[0]).toContain(`${code} is your Signet code for localhost.`);
  expect(lines.at(-1)).toBe(`@localhost #${code}`);
});

test('a message that the gateway did not take is sent again under the same key', async () => {
  gateway.answers = ['HANG UP'];
  await send();
  const calls = await eventually(() => {
    const seen = callsTo(person.phone);
    return Promise.resolve(seen.length === 2 ? seen : undefined);
  });
  expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  const code = sixDigitsIn(calls[1]?.body.text ?? '');
  noteSecret(code);
  expect((await verify(code)).errors).toEqual([]);
});

test('a redirect is not followed', async () => {
  const other = await new TestSmsGateway().start();
  try {
    gateway.answers = [{ redirectTo: `http://${other.host}/` }];
    await send();
    await eventually(() => Promise.resolve(callsTo(person.phone)[1]));
    expect(other.calls).toEqual([]);
  } finally {
    await other.stop();
  }
});

test('a message about a code that was replaced meanwhile is not sent again', async () => {
  gateway.answers = [503];
  await send();
  await eventually(() => Promise.resolve(callsTo(person.phone)[0]));
  const first = callsTo(person.phone)[0]?.headers['idempotency-key'];
  await send();
  await eventually(async () => {
    const jobs = await server.database.query(
      `SELECT id FROM graphile_worker.jobs WHERE task_identifier = 'deliver-message'`,
    );
    return jobs.length === 0 ? true : undefined;
  });
  const later = callsTo(person.phone).slice(1);
  expect(later).toHaveLength(1);
  expect(later[0]?.headers['idempotency-key']).not.toBe(first);
});

test('a code works once, and only the newest does', async () => {
  await textedCode();
  const second = await textedCode();
  const open = await server.database.query<{ isNewest: boolean }>(
    `SELECT c.created_at = (SELECT max(created_at) FROM one_time_code WHERE user_id = $1) AS "isNewest"
     FROM one_time_code c WHERE user_id = $1 AND closed_at IS NULL`,
    [person.id],
  );
  expect(open).toEqual([{ isNewest: true }]);
  const { data } = await verify(second);
  expect(codeOf(await verify(second, data.verifySmsCode.token as string))).toBe(
    'INVALID_CREDENTIALS',
  );
});

test('a code used ten times at the same time works once', async () => {
  const code = await textedCode();
  const answers = await Promise.all(Array.from({ length: 10 }, () => verify(code)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
});

test('of fifty guesses at the same time at most five are compared', async () => {
  const code = await textedCode();
  const compared = jest.spyOn(server.app.services.oneTimeCodes, 'matches');
  try {
    const guesses = Array.from({ length: 50 }, (_, i) => wrong(code, i + 1));
    const answers = await Promise.all(guesses.map((guess) => verify(guess)));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['INVALID_CREDENTIALS', 'RATE_LIMITED']));
    expect(compared.mock.calls.length).toBeLessThanOrEqual(5);
  } finally {
    compared.mockRestore();
  }
  await forgetAttempts(server.database);
  expect(codeOf(await verify(code))).toBe('INVALID_CREDENTIALS');
});

test('a code helps no other session, neither of the same user nor of another', async () => {
  const code = await textedCode();
  const elsewhere = await sessionOf(server, person.id, ['PASSWORD']);
  const stranger = await withPhone();
  const foreign = await sessionOf(server, stranger.id, ['PASSWORD']);
  await textedCode(foreign, stranger.phone);
  for (const by of [elsewhere, foreign, cast.alva.token]) {
    expect(codeOf(await verify(code, by))).toBe('INVALID_CREDENTIALS');
  }
  expect((await verify(code)).errors).toEqual([]);
});

test('a code by text message is none by mail, and the other way round', async () => {
  const texted = await textedCode();
  await server.graphql('mutation { sendEmailCode }', {}, { token });
  const mailed = sixDigitsIn((await server.mailTo(person.email)).text);
  noteSecret(mailed);
  const crossed = [await verify(texted, token, 'verifyEmailCode'), await verify(mailed)];
  const isChance = texted === mailed; // one in a million
  expect(isChance || crossed.every((answer) => codeOf(answer) === 'INVALID_CREDENTIALS')).toBe(
    true,
  );
  const { data } = await verify(texted);
  const next = data.verifySmsCode.token as string;
  expect((await verify(mailed, next, 'verifyEmailCode')).errors).toEqual([]);
});

test('a code is good for ten minutes', async () => {
  const code = await textedCode();
  await server.database.query(
    `UPDATE one_time_code SET expires_at = expires_at - interval '10 minutes' WHERE user_id = $1`,
    [person.id],
  );
  expect(codeOf(await verify(code))).toBe('INVALID_CREDENTIALS');
});

test('a new number voids codes and unscanned invitations, and takes back what was proven with the old one', async () => {
  const mailing = await createProject(server, cast.admin, newName('mailing'), {
    channels: ['EMAIL'],
  });
  const stepped = (await verify(await textedCode())).data.verifySmsCode.token as string;
  const proven = await sessionOf(server, person.id, ['PASSWORD', 'EMAIL_CODE']);
  const { id } = await invitation(proven, mailing);
  const code = await textedCode(stepped);
  await setPhone(person.id, `${person.phone.slice(0, -1)}0`);
  expect(codeOf(await verify(code, stepped))).toBe('INVALID_CREDENTIALS');
  expect(await evidence(stepped)).toEqual([{ method: 'PASSWORD' }]);
  expect(await evidence(proven)).toEqual([{ method: 'PASSWORD' }, { method: 'EMAIL_CODE' }]);
  expect(await statusOf(server, id)).toBe('CANCELLED');
});

async function invitation(by: string, projectId: string): Promise<{ id: string }> {
  const { data } = await server.graphql(
    'mutation ($input: StartEnrolmentInput!) { startEnrolment(input: $input) { enrolment { id } } }',
    { input: { projectId } },
    { token: by },
  );
  return data.startEnrolment.enrolment as { id: string };
}

test('a new mail address leaves codes by text message alone', async () => {
  const code = await textedCode();
  await server.graphql(
    'mutation ($id: ID!, $email: String) { updateUser(id: $id, input: { email: $email }) { id } }',
    { id: person.id, email: `new.${person.email}` },
    { token: cast.operator.token },
  );
  expect((await verify(code)).errors).toEqual([]);
});

test('who has a number is offered it, masked', async () => {
  const ask = (by?: string) =>
    server.graphql('{ signInOptions { method label } }', {}, { token: by });
  const own = await ask(token);
  expect(own.data.signInOptions).toContainEqual({
    method: 'SMS_CODE',
    label: `Code by text message to +41…${person.phone.slice(-2)}`,
  });
  const methods = (data: any): string[] => data.signInOptions.map((o: any) => o.method as string);
  expect(methods((await ask(cast.alva.token)).data)).not.toContain('SMS_CODE');
  expect(methods((await ask()).data)).not.toContain('SMS_CODE');
});

test('without a number there is no code', async () => {
  expect(codeOf(await send(cast.alva.token))).toBe('CHANNEL_NOT_AVAILABLE');
});

test('SMS_CODE meets a rule that asks for it', async () => {
  const rules = await server.graphql('{ accessRules { id name } }', {}, { token: cast.admin });
  const rule = rules.data.accessRules.find(({ name }: any) => name === 'Getting a mobile ID');
  const tightened = await server.graphql(
    `mutation ($id: ID!) { updateAccessRule(id: $id, input: {
       require: [{ anyOf: [{ method: SMS_CODE, maxAgeSeconds: 600 }] }] }) { id } }`,
    { id: rule.id },
    { token: cast.admin },
  );
  expect(tightened.errors).toEqual([]);
  const here = { projectId: cast.projectId };
  await expect(order(server, token, here)).rejects.toThrow('INSUFFICIENT_USER_AUTHENTICATION');
  const { data } = await verify(await textedCode());
  await order(server, data.verifySmsCode.token as string, here);
});

describe('messages are billed, so', () => {
  const codes = async (times: number, by = token): Promise<(string | undefined)[]> => {
    const answers = [];
    for (let i = 0; i < times; i += 1) answers.push(await send(by));
    return answers.map(({ errors }) => errors[0]?.extensions.code);
  };

  test('one user gets four within fifteen minutes', async () => {
    expect(await codes(5)).toEqual([undefined, undefined, undefined, undefined, 'RATE_LIMITED']);
    const stranger = await withPhone();
    expect(await codes(1, await sessionOf(server, stranger.id))).toEqual([undefined]);
  });

  test('one number gets twelve a day, whoever has it', async () => {
    const others = [await withPhone(), await withPhone(), await withPhone()];
    await server.database.query('UPDATE app_user SET phone = $1 WHERE id = ANY($2)', [
      person.phone,
      others.map(({ id }) => id),
    ]);
    for (const { id } of others) await codes(4, await sessionOf(server, id));
    expect(await codes(1)).toEqual(['RATE_LIMITED']);
  });
});

describe('where no gateway is configured', () => {
  test('messages become files, beside the mails', async () => {
    const plain = await startTestServer();
    try {
      const { id, password, username } = await someoneOn(plain);
      const by = await signIn(plain, username, password);
      expect((await plain.graphql('mutation { sendSmsCode }', {}, { token: by })).errors).toEqual(
        [],
      );
      const message = await plain.mailTo('+41790000815');
      expect(message).toMatchObject({ kind: 'SMS', to: '+41790000815', subject: 'Text message' });
      const code = sixDigitsIn(message.text);
      noteSecret(code);
      const answer = await plain.graphql(
        'mutation ($code: String!) { verifySmsCode(code: $code) { viewer { user { id } } } }',
        { code },
        { token: by },
      );
      expect(answer.data.verifySmsCode.viewer.user.id).toBe(id);
    } finally {
      await plain.stop();
    }
  });

  test('in production none are sent, and none are offered', async () => {
    const sms = loadConfig(PRODUCTION).sms;
    const plain = await startTestServer({ config: { sms } });
    try {
      const { username, password } = await someoneOn(plain);
      const by = { token: await signIn(plain, username, password) };
      expect(codeOf(await plain.graphql('mutation { sendSmsCode }', {}, by))).toBe(
        'CHANNEL_NOT_AVAILABLE',
      );
      const { data } = await plain.graphql('{ signInOptions { method } }', {}, by);
      expect(data.signInOptions).toEqual([{ method: 'PASSWORD' }, { method: 'EMAIL_CODE' }]);
    } finally {
      await plain.stop();
    }
  });

  test('the whole server sends so many a day, and no more', async () => {
    const plain = await startTestServer({ environment: { SMS_DAILY_LIMIT: '3' } });
    try {
      const { username, password } = await someoneOn(plain);
      const by = { token: await signIn(plain, username, password) };
      const sent = [];
      for (let i = 0; i < 4; i += 1) {
        sent.push(await plain.graphql('mutation { sendSmsCode }', {}, by));
      }
      expect(sent.slice(0, 3).flatMap(({ errors }) => errors)).toEqual([]);
      expect(sent[3]?.errors[0]?.extensions.code).toBe('RATE_LIMITED');
      expect(sent[3]?.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(3600);
    } finally {
      await plain.stop();
    }
  });
});

async function someoneOn(plain: TestServer): Promise<Person> {
  const [admin] = await plain.database.query<{ id: string }>(
    `SELECT id FROM app_user WHERE username = 'admin'`,
  );
  const someone = await createPerson(
    plain,
    await sessionOf(plain, admin?.id ?? ''),
    newName('user'),
  );
  await plain.database.query(`UPDATE app_user SET phone = '+41790000815' WHERE id = $1`, [
    someone.id,
  ]);
  return someone;
}
