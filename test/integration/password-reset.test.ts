import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import {
  ageLinks,
  changePassword,
  linkMailedTo,
  linksMailedTo,
  outboxIsEmpty,
  requestReset,
  setPassword,
} from '../helpers/passwords';
import { createPerson, signIn, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const NEW = 'a password of my own choice';

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

const askedFor = async (known: readonly string[] = []): Promise<string> => {
  expect((await requestReset(server, person.username)).data).toEqual({
    requestPasswordReset: true,
  });
  return linkMailedTo(server, person.email, known);
};
const linkRows = () =>
  server.database.query('SELECT * FROM password_link WHERE user_id = $1 ORDER BY id', [person.id]);
const trySignIn = (password: string): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `mutation ($username: String!, $password: String!) {
       signInWithPassword(username: $username, password: $password) { token } }`,
    { username: person.username, password },
  );
const operatorCalls = (mutation: string, variables: Record<string, unknown> = {}) =>
  server.graphql(
    `mutation ($id: ID!${'email' in variables ? ', $email: String' : ''}) { ${mutation} { id } }`,
    { id: person.id, ...variables },
    { token: cast.operator.token },
  );

test('a forgotten password is replaced by a mailed link, and its owner is told', async () => {
  const token = await askedFor();
  await fetch(`${server.url}/set-password#${token}`); // opening it uses nothing up
  expect((await setPassword(server, token, NEW)).data).toEqual({ setPassword: true });
  expect(codeOf(await trySignIn(person.password))).toBe('INVALID_CREDENTIALS');
  expect((await trySignIn(NEW)).errors).toEqual([]);
  await server.mailTo(
    person.email,
    ({ subject }) => subject === 'Your Signet password was changed',
  );
});

test('the mail holds the link as text and as button, the user name, and how long it works', async () => {
  const token = await askedFor();
  const { text, html, subject } = await server.mailTo(person.email, (mail) =>
    mail.text.includes(token),
  );
  const link = `${server.url}/set-password#${token}`;
  expect(subject).toBe('Set a new Signet password');
  expect(text).toContain(link);
  expect(html.split(`href="${link}"`)).toHaveLength(3);
  expect(text).toContain(`User name: ${person.username}`);
  expect(text).toMatch(/works once, until .* UTC/);
});

test('a link of a reset is good for one hour', async () => {
  const token = await askedFor();
  const [link] = await server.database.query<{ seconds: number }>(
    `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM password_link WHERE user_id = $1`,
    [person.id],
  );
  expect(link?.seconds).toBe(3600);
  await server.database.query(
    `UPDATE password_link SET expires_at = now() - interval '1 second' WHERE user_id = $1`,
    [person.id],
  );
  expect(codeOf(await setPassword(server, token, NEW))).toBe('CODE_EXPIRED');
});

test('it ends all sessions of the user, and gives none', async () => {
  const sessions = [await sessionOf(server, person.id), await sessionOf(server, person.id)];
  const answer = await setPassword(server, await askedFor(), NEW);
  expect(answer.headers.get('set-cookie')).toBeNull();
  for (const token of sessions) {
    expect(codeOf(await server.graphql('{ viewer { user { id } } }', {}, { token }))).toBe(
      'UNAUTHENTICATED',
    );
  }
});

test('a link used ten times at the same time works once', async () => {
  const token = await askedFor();
  const passwords = Array.from({ length: 10 }, (_, i) => `${NEW} ${String(i)}`);
  const answers = await Promise.all(passwords.map((each) => setPassword(server, token, each)));
  const won = passwords.filter((_, i) => answers[i]?.errors.length === 0);
  expect(won).toHaveLength(1);
  expect(
    new Set(answers.filter(({ errors }) => errors.length > 0).map((answer) => codeOf(answer))),
  ).toEqual(new Set(['CODE_EXPIRED']));
  expect((await trySignIn(won[0] ?? '')).errors).toEqual([]);
});

test('a new link voids the one before', async () => {
  const first = await askedFor();
  await ageLinks(server, person.id, '10 minutes');
  const second = await askedFor([first]);
  expect(codeOf(await setPassword(server, first, NEW))).toBe('CODE_EXPIRED');
  expect((await setPassword(server, second, NEW)).errors).toEqual([]);
});

test('a link that was just mailed is mailed again, and works until the same end', async () => {
  const token = await askedFor();
  await ageLinks(server, person.id, '9 minutes');
  const before = await linkRows();
  await requestReset(server, person.username);
  await outboxIsEmpty(server);
  expect(await linksMailedTo(server, person.email)).toEqual([token, token]);
  expect(await linkRows()).toEqual(before);
  const entries = await server.database.query<{ detail: string }>(
    `SELECT detail FROM audit_entry WHERE action = 'password-link.mail' AND target = $1`,
    [`user:${person.id}`],
  );
  expect(entries).toEqual([{ detail: 'RESET' }, { detail: 'RESET' }]);
  expect((await setPassword(server, token, NEW)).errors).toEqual([]);
});

test.each([
  ['was used', (token: string) => setPassword(server, token, NEW)],
  [
    'went to an earlier address',
    () =>
      server.database.query('UPDATE app_user SET email = $2 WHERE id = $1', [
        person.id,
        `new.${person.email}`,
      ]),
  ],
])('a link that %s is not mailed again, but another one', async (_why, end) => {
  const token = await askedFor();
  await end(token);
  const [user] = await server.database.query<{ email: string }>(
    'SELECT email FROM app_user WHERE id = $1',
    [person.id],
  );
  await requestReset(server, person.username);
  const next = await linkMailedTo(server, user?.email ?? '', [token]);
  expect((await setPassword(server, next, `${NEW} too`)).errors).toEqual([]);
});

test('of twenty who ask at the same time all are mailed one link', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      requestReset(server, person.username, `203.0.113.${String(i + 140)}`),
    ),
  );
  await outboxIsEmpty(server);
  expect(new Set(await linksMailedTo(server, person.email)).size).toBe(1);
  expect(await linkRows()).toHaveLength(1);
});

describe('what was never mailed is CODE_UNKNOWN', () => {
  const forgeries: readonly (readonly [string, (token: string, other: string) => string])[] = [
    ['nothing', () => ''],
    ['any text', () => 'let me in'],
    ['a token without its seal', (token) => token.slice(0, 33)],
    [
      'a seal with one character changed',
      (token) => `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.slice(-1)}`,
    ],
    ['the seal of another link', (token, other) => `${token.slice(0, 33)}${other.slice(33)}`],
    ['a token with something behind it', (token) => `${token}A`],
    ['a token in capitals', (token) => token.toUpperCase()],
    ['a token with a NUL', (token) => `${token}\0`],
  ];
  test.each(forgeries)('%s', async (_what, forge) => {
    const first = await askedFor();
    await ageLinks(server, person.id, '10 minutes');
    const second = await askedFor([first]);
    const forged = forge(second, first);
    expect(codeOf(await setPassword(server, forged, NEW))).toBe('CODE_UNKNOWN');
    expect((await setPassword(server, second, NEW)).errors).toEqual([]);
  });
});

describe('a link works no more', () => {
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'after the address was changed',
      () =>
        operatorCalls('updateUser(id: $id, input: { email: $email })', {
          email: `new.${person.email}`,
        }),
    ],
    [
      'after the address was taken away',
      () => operatorCalls('updateUser(id: $id, input: { email: $email })', { email: null }),
    ],
    [
      'after the user was deactivated, even when he is active again',
      async () => {
        await operatorCalls('deactivateUser(id: $id)');
        await operatorCalls('activateUser(id: $id)');
      },
    ],
    ['while the user is inactive', () => operatorCalls('deactivateUser(id: $id)')],
    ['after the user was locked', () => operatorCalls('lockUser(id: $id, reason: "Lost.")')],
    [
      'after the password was changed',
      async () =>
        changePassword(server, await sessionOf(server, person.id), person.password, `${NEW} too`),
    ],
  ];
  test.each(changes)('%s', async (_when, change) => {
    const token = await askedFor();
    await change();
    expect(codeOf(await setPassword(server, token, NEW))).toBe('CODE_EXPIRED');
    expect(codeOf(await trySignIn(NEW))).toBe('INVALID_CREDENTIALS');
  });
});

test.each([
  ['short', 'too short'],
  ['of the commonest', 'Password1234'],
  ['too long', 'long '.repeat(60)],
])('a password that is %s is INVALID_INPUT at its path, and the link stays', async (_why, bad) => {
  const token = await askedFor();
  const answer = await setPassword(server, token, bad);
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'password' }]);
  expect((await setPassword(server, token, NEW)).errors).toEqual([]);
});

test('the user name is no password', async () => {
  const answer = await setPassword(server, await askedFor(), `${person.username}1234`.slice(-64));
  expect(codeOf(answer)).toBe('INVALID_INPUT');
});

describe('whether there is such a user', () => {
  const asLate = async (sql: string, column = ''): Promise<string> => {
    await server.database.query(sql, [person.id]);
    return column === '' ? person.username : column;
  };
  const names: readonly (readonly [string, () => Promise<string>])[] = [
    ['of an unknown name', () => Promise.resolve(newName('nobody'))],
    ['of an empty name', () => Promise.resolve('')],
    ['of a name with a NUL', () => Promise.resolve('al\0va')],
    ['of a name longer than any', () => Promise.resolve('x'.repeat(5000))],
    [
      'of a user without an address',
      () => asLate('UPDATE app_user SET email = NULL WHERE id = $1'),
    ],
    [
      'of a user without a password, who was not invited',
      () => asLate('UPDATE app_user SET password_hash = NULL WHERE id = $1'),
    ],
    [
      'of a registered user',
      () => asLate(`UPDATE app_user SET state = 'REGISTERED' WHERE id = $1`),
    ],
    ['of an inactive user', () => asLate(`UPDATE app_user SET state = 'INACTIVE' WHERE id = $1`)],
    ['of a locked user', () => asLate(`UPDATE app_user SET state = 'LOCKED' WHERE id = $1`)],
  ];
  test.each(names)('is not told by the answer to the name %s', async (_whose, nameOf) => {
    const name = await nameOf();
    const looked = jest.spyOn(server.app.services.passwordLinks, 'mailReset');
    try {
      const answer = await requestReset(server, name);
      expect([answer.status, answer.data, answer.errors]).toEqual([
        200,
        { requestPasswordReset: true },
        [],
      ]);
      const entries = await server.database.query<{ action: string; outcome: string }>(
        'SELECT action, outcome, detail FROM audit_entry WHERE request_id = $1',
        [answer.headers.get('x-request-id')],
      );
      expect(entries).toEqual([
        { action: 'password.request-reset', outcome: 'SUCCESS', detail: null },
      ]);
      await outboxIsEmpty(server);
      expect(looked).toHaveBeenCalledTimes(1);
    } finally {
      looked.mockRestore();
    }
    expect(await linksMailedTo(server, person.email)).toEqual([]);
    const links = await server.database.query('SELECT id FROM password_link WHERE user_id = $1', [
      person.id,
    ]);
    expect(links).toEqual([]);
  });

  test('is told to nobody by the limit, which strikes unknown names alike', async () => {
    const codes = async (name: string): Promise<string[]> => {
      const answers = [];
      for (let i = 0; i < 6; i += 1) answers.push(await requestReset(server, name, '203.0.113.9'));
      return answers.map(({ errors }) => errors[0]?.extensions.code ?? 'NONE');
    };
    const known = await codes(person.username);
    expect(known).toEqual(['NONE', 'NONE', 'NONE', 'NONE', 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(await codes(newName('nobody'))).toEqual(known);
  });
});

describe('a stranger who asks without end', () => {
  const askFromEverywhere = async (): Promise<string[]> => {
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, i) =>
        requestReset(server, person.username, `203.0.113.${String(i + 20)}`),
      ),
    );
    await outboxIsEmpty(server);
    return answers.map(({ errors }) => errors[0]?.extensions.code ?? 'NONE');
  };

  test('fills nobody’s mailbox, and does not learn that he was stopped', async () => {
    expect(new Set(await askFromEverywhere())).toEqual(new Set(['NONE']));
    const mailed = await linksMailedTo(server, person.email);
    for (const token of mailed) noteSecret(token);
    expect(mailed).toHaveLength(10);
  });

  test.each([
    ['at the address', '198.51.100.7', '198.51.100.7', '198.51.100.8'],
    ['in the network', '2001:db8:8:1::1', '2001:db8:8:1:5cf1::9', '2001:db8:8:2::1'],
  ])(
    'does not keep the owner from a link of his own %s that he signed in from, nor void it',
    async (_where, before, now, elsewhere) => {
      await server.graphql(
        `mutation ($username: String!, $password: String!) {
           signInWithPassword(username: $username, password: $password) { token } }`,
        { username: person.username, password: person.password },
        { headers: { 'x-forwarded-for': before } },
      );
      await askFromEverywhere();
      await ageLinks(server, person.id, '10 minutes');
      const known = await linksMailedTo(server, person.email);
      for (const token of known) noteSecret(token);
      await requestReset(server, person.username, elsewhere);
      await outboxIsEmpty(server);
      expect(await linksMailedTo(server, person.email)).toEqual(known);
      await requestReset(server, person.username, now);
      const token = await linkMailedTo(server, person.email, known);
      await ageLinks(server, person.id, '10 minutes');
      await askFromEverywhere();
      expect((await setPassword(server, token, NEW)).errors).toEqual([]);
    },
  );

  test('from one address is stopped for all names', async () => {
    const codes = [];
    for (let i = 0; i < 31; i += 1) {
      const { errors } = await requestReset(server, newName('nobody'), '203.0.113.99');
      codes.push(errors[0]?.extensions.code ?? 'NONE');
    }
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(1);
    expect((await requestReset(server, person.username, '203.0.113.98')).errors).toEqual([]);
  });
});

describe('an operator, who could read what goes to an address of his', () => {
  const redirect = (id: string, by: string) =>
    server.graphql(
      'mutation ($id: ID!) { updateUser(id: $id, input: { email: "olga.too@example.org" }) { id } }',
      { id },
      { token: by },
    );

  test('does not send the link of another operator there; an administrator may', async () => {
    const colleague = await createPerson(server, cast.admin, newName('colleague'), ['OPERATOR']);
    expect(codeOf(await redirect(colleague.id, cast.operator.token))).toBe('FORBIDDEN');
    await requestReset(server, colleague.username);
    await linkMailedTo(server, colleague.email);
    expect((await redirect(colleague.id, cast.admin)).errors).toEqual([]);
  });

  test('does not send the link of an administrator there', async () => {
    expect(codeOf(await redirect(cast.adminId, cast.operator.token))).toBe('FORBIDDEN');
  });

  test('changes his own address, and what else is known of a colleague', async () => {
    const colleague = await createPerson(server, cast.admin, newName('colleague'), ['OPERATOR']);
    const renamed = await server.graphql(
      'mutation ($id: ID!) { updateUser(id: $id, input: { displayName: "Colleague" }) { id } }',
      { id: colleague.id },
      { token: cast.operator.token },
    );
    expect(renamed.errors).toEqual([]);
    const own = await sessionOf(server, colleague.id);
    expect((await redirect(colleague.id, own)).errors).toEqual([]);
  });
});

test('an address that tries links is stopped, and no other', async () => {
  const token = await askedFor();
  const tryFrom = (from: string, text: string) =>
    server.graphql(
      'mutation ($token: String!, $password: String!) { setPassword(token: $token, password: $password) }',
      { token: text, password: NEW },
      { headers: { 'x-forwarded-for': from } },
    );
  const codes = [];
  for (let i = 0; i < 61; i += 1)
    codes.push(codeOf(await tryFrom('203.0.113.77', `x${String(i)}`)));
  expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(1);
  expect(codeOf(await tryFrom('203.0.113.77', token))).toBe('RATE_LIMITED');
  expect((await tryFrom('203.0.113.78', token)).errors).toEqual([]);
});

test('a sign-in with the old password that runs beside the reset leaves no session open', async () => {
  const token = await askedFor();
  const opened = Promise.all(
    Array.from({ length: 8 }, () =>
      signIn(server, person.username, person.password).catch(() => null),
    ),
  );
  const [, tokens] = await Promise.all([setPassword(server, token, NEW), opened]);
  for (const each of tokens) {
    if (each === null) continue;
    expect(codeOf(await server.graphql('{ viewer { user { id } } }', {}, { token: each }))).toBe(
      'UNAUTHENTICATED',
    );
  }
  const open = await server.database.query(
    'SELECT id FROM session WHERE user_id = $1 AND ended_at IS NULL',
    [person.id],
  );
  expect(open).toEqual([]);
});

test('links that are over are deleted in time, except where they say that a password is awaited', async () => {
  const token = await askedFor();
  await setPassword(server, token, NEW);
  await server.database.query(
    `UPDATE password_link SET expires_at = now() - interval '2 days' WHERE user_id = $1`,
    [person.id],
  );
  const { work, passwordLinks } = server.app.services;
  const request = await work.systemRequest('test', 'purge');
  await work.change(request, (scope) => passwordLinks.purge(scope));
  expect(
    await server.database.query('SELECT id FROM password_link WHERE user_id = $1', [person.id]),
  ).toEqual([]);
  expect(codeOf(await setPassword(server, token, NEW))).toBe('CODE_EXPIRED');
});
