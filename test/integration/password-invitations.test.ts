import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import {
  ageLinks,
  linkMailedTo,
  linksMailedTo,
  outboxIsEmpty,
  requestReset,
  setPassword,
} from '../helpers/passwords';
import { createPerson, signIn } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';

const NEW = 'a password of my own choice';

interface Newcomer {
  readonly id: string;
  readonly username: string;
  readonly email: string;
}

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

async function create(input: Readonly<Record<string, unknown>> = {}): Promise<Newcomer> {
  const username = newName('newcomer');
  const email = `${username}@example.org`;
  const { data, errors } = await server.graphql(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input: { username, displayName: 'New Comer', email, ...input } },
    { token: cast.operator.token },
  );
  expect(errors).toEqual([]);
  return { id: data.createUser.id as string, username, email };
}

const call = (
  mutation: string,
  variables: Record<string, unknown>,
  by = cast.operator.token,
): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `mutation ($id: ID!${'email' in variables ? ', $email: String' : ''}) { ${mutation} }`,
    variables,
    { token: by },
  );
const activate = ({ id }: Newcomer) => call('activateUser(id: $id) { id }', { id });
const deactivate = ({ id }: Newcomer) => call('deactivateUser(id: $id) { id }', { id });
const moveTo = ({ id }: Newcomer, email: string | null) =>
  call('updateUser(id: $id, input: { email: $email }) { id }', { id, email });
const invite = (id: string, by?: string) => call('invitePassword(userId: $id)', { id }, by);
const linksTo = async (address: string): Promise<string[]> => {
  await outboxIsEmpty(server);
  return linksMailedTo(server, address);
};

test('who is added without a password is invited by mail to set one', async () => {
  const { username, email } = await create();
  const token = await linkMailedTo(server, email);
  const { subject, text } = await server.mailTo(email);
  expect(subject).toBe('Set your Signet password');
  expect(text).toContain(`User name: ${username}`);
  expect((await setPassword(server, token, NEW)).data).toEqual({ setPassword: true });
  expect(await signIn(server, username, NEW)).not.toBe('');
  expect(codeOf(await setPassword(server, token, `${NEW} too`))).toBe('CODE_EXPIRED');
});

test('an invitation is good for seven days', async () => {
  const { id } = await create();
  const [link] = await server.database.query<{ days: number; purpose: string }>(
    `SELECT extract(epoch FROM expires_at - created_at)::int / 86400 AS days, purpose
     FROM password_link WHERE user_id = $1`,
    [id],
  );
  expect(link).toEqual({ days: 7, purpose: 'SET' });
});

test.each([
  ['with a password', { password: 'given by the operator' }],
  ['to come in by other methods', { invite: false }],
  ['without an address', { email: null }],
  ['to be activated later', { state: 'REGISTERED' }],
])('who is added %s is not invited', async (_how, input) => {
  const newcomer = await create(input);
  expect(await linksTo(newcomer.email)).toEqual([]);
});

test('who is added to be activated later is invited then', async () => {
  const newcomer = await create({ state: 'REGISTERED' });
  await activate(newcomer);
  const token = await linkMailedTo(server, newcomer.email);
  expect((await setPassword(server, token, NEW)).errors).toEqual([]);
});

test('who is added without an address is invited as soon as he has one', async () => {
  const newcomer = await create({ email: null });
  await moveTo(newcomer, newcomer.email);
  const token = await linkMailedTo(server, newcomer.email);
  expect((await setPassword(server, token, NEW)).errors).toEqual([]);
});

test('a wrong address that is put right brings a new invitation there, and voids the one before', async () => {
  const newcomer = await create();
  const wrong = await linkMailedTo(server, newcomer.email);
  await moveTo(newcomer, `right.${newcomer.email}`);
  const right = await linkMailedTo(server, `right.${newcomer.email}`);
  expect(codeOf(await setPassword(server, wrong, NEW))).toBe('CODE_EXPIRED');
  expect((await setPassword(server, right, NEW)).errors).toEqual([]);
});

test('who is activated again is invited again, but not while his invitation still works', async () => {
  const newcomer = await create();
  const first = await linkMailedTo(server, newcomer.email);
  await deactivate(newcomer);
  await activate(newcomer);
  const second = await linkMailedTo(server, newcomer.email, [first]);
  expect(codeOf(await setPassword(server, first, NEW))).toBe('CODE_EXPIRED');
  await setPassword(server, second, NEW);
  await deactivate(newcomer);
  await activate(newcomer);
  expect(await linksTo(newcomer.email)).toHaveLength(2);
});

test('who comes in by other methods is invited neither by activation nor by a new address', async () => {
  const newcomer = await create({ invite: false });
  await deactivate(newcomer);
  await activate(newcomer);
  await moveTo(newcomer, `new.${newcomer.email}`);
  await requestReset(server, newcomer.username);
  expect(await linksTo(`new.${newcomer.email}`)).toEqual([]);
  expect(await linksTo(newcomer.email)).toEqual([]);
});

test('who let his invitation run out can ask for a link himself', async () => {
  const newcomer = await create();
  const first = await linkMailedTo(server, newcomer.email);
  await server.database.query(
    `UPDATE password_link SET expires_at = now() - interval '40 days' WHERE user_id = $1`,
    [newcomer.id],
  );
  const { work, passwordLinks } = server.app.services;
  const request = await work.systemRequest('test', 'purge');
  await work.change(request, (scope) => passwordLinks.purge(scope));
  expect(codeOf(await setPassword(server, first, NEW))).toBe('CODE_EXPIRED');
  await requestReset(server, newcomer.username);
  const second = await linkMailedTo(server, newcomer.email, [first]);
  expect((await setPassword(server, second, NEW)).errors).toEqual([]);
});

test('who asks for a new password while his invitation works is mailed that one again', async () => {
  const newcomer = await create();
  const token = await linkMailedTo(server, newcomer.email);
  await ageLinks(server, newcomer.id, '3 days');
  await requestReset(server, newcomer.username); // he, or a stranger who knows his user name
  expect(await linksTo(newcomer.email)).toEqual([token, token]);
  const subjects = (await server.mails())
    .filter(({ to }) => to === newcomer.email)
    .map(({ subject }) => subject);
  expect(new Set(subjects)).toEqual(new Set(['Set your Signet password']));
  await ageLinks(server, newcomer.id, '3 days');
  expect((await setPassword(server, token, NEW)).errors).toEqual([]);
});

test('who asks for a new password in the last hour of his invitation gets a link that lasts longer', async () => {
  const newcomer = await create();
  const first = await linkMailedTo(server, newcomer.email);
  await ageLinks(server, newcomer.id, '167 hours 1 minute');
  await requestReset(server, newcomer.username);
  const second = await linkMailedTo(server, newcomer.email, [first]);
  await ageLinks(server, newcomer.id, '59 minutes');
  expect((await setPassword(server, second, NEW)).errors).toEqual([]);
});

test('whom Signet itself adds, on the word of an identity provider, is not invited', async () => {
  const { work, users } = server.app.services;
  const username = newName('newcomer');
  const email = `${username}@example.org`;
  const request = await work.systemRequest('saml:test', 'test');
  await work.change(request, (scope) =>
    users.create(scope, { username, displayName: 'New Comer', email }),
  );
  await requestReset(server, username);
  expect(await linksTo(email)).toEqual([]);
});

describe('an operator', () => {
  test('sends the invitation again, and sees nothing of the link', async () => {
    const newcomer = await create();
    const first = await linkMailedTo(server, newcomer.email);
    expect((await invite(newcomer.id)).data).toEqual({ invitePassword: true });
    const second = await linkMailedTo(server, newcomer.email, [first]);
    expect(codeOf(await setPassword(server, first, NEW))).toBe('CODE_EXPIRED');
    expect((await setPassword(server, second, NEW)).errors).toEqual([]);
  });

  test('invites who was not to have a password, for instance before', async () => {
    const newcomer = await create({ invite: false });
    await invite(newcomer.id);
    const token = await linkMailedTo(server, newcomer.email);
    expect((await setPassword(server, token, NEW)).errors).toEqual([]);
  });

  test('does not invite who has a password', async () => {
    const answer = await invite(cast.alva.id);
    expect(codeOf(answer)).toBe('CONFLICT');
    expect(answer.errors[0]?.extensions['reason']).toBe('HAS_PASSWORD');
    expect(await linksTo(cast.alva.email)).toEqual([]);
  });

  test('does not invite who is not active, or has no address', async () => {
    expect(codeOf(await invite((await create({ state: 'REGISTERED' })).id))).toBe(
      'INVALID_TRANSITION',
    );
    expect(codeOf(await invite((await create({ email: null })).id))).toBe('CHANNEL_NOT_AVAILABLE');
  });

  test('does not invite who holds a role that he lacks', async () => {
    const chief = await createPerson(server, cast.admin, newName('chief'), ['ADMIN']);
    await server.database.query('UPDATE app_user SET password_hash = NULL WHERE id = $1', [
      chief.id,
    ]);
    expect(codeOf(await invite(chief.id))).toBe('FORBIDDEN');
    expect((await invite(chief.id, cast.admin)).errors).toEqual([]);
  });

  test('does not invite who does not exist', async () => {
    expect(codeOf(await invite('c4d4e5a6-0000-4000-8000-000000000000'))).toBe('NOT_FOUND');
    expect(codeOf(await invite('nobody'))).toBe('NOT_FOUND');
  });

  test('does not fill a mailbox', async () => {
    const { id } = await create();
    const codes = [];
    for (let i = 0; i < 7; i += 1) codes.push((await invite(id)).errors[0]?.extensions.code);
    expect(codes).toEqual([...Array.from({ length: 6 }, () => undefined), 'RATE_LIMITED']);
  });
});
