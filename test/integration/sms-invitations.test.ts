import { gatherCast, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { hurry, messageThat } from '../helpers/messages';
import { newName, phoneAt } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { TestSmppServer } from '../helpers/receivers/smpp-server';
import { TestSmsGateway } from '../helpers/receivers/sms-gateway';

let http: TestSmsGateway;
let smsc: TestSmppServer;
let server: TestServer;
let cast: Cast;
let phones = 0;
beforeAll(async () => {
  http = await new TestSmsGateway().start();
  smsc = await new TestSmppServer().start();
  server = await startTestServer({
    environment: {
      SMS_URL: `http://${http.host}/ smpp://signet:secret@127.0.0.1:${String(smsc.port)}?from=Signet`,
      SMS_DAILY_LIMIT: '50',
    },
  });
  cast = await gatherCast(server, { channels: ['SMS', 'EMAIL', 'SCREEN'] });
});
beforeEach(async () => {
  http.calls.length = 0;
  http.answers = [];
  smsc.parts.length = 0;
  smsc.mood = 'WELL';
  await forgetAttempts(server.database);
});
afterAll(async () => {
  await server.stop();
  await http.stop();
  await smsc.stop();
});

interface Invited {
  readonly id: string;
  readonly token: string;
  readonly phone: string;
  readonly enrolmentId: string;
}

async function someone(phone: string | null): Promise<{ id: string; token: string }> {
  const { id } = await createPerson(server, cast.admin, newName('user'));
  await server.database.query('UPDATE app_user SET phone = $2 WHERE id = $1', [id, phone]);
  return { id, token: await sessionOf(server, id) };
}

async function invite(projectId = cast.projectId): Promise<Invited> {
  phones += 1;
  const phone = `+4179${String(7_000_000 + phones)}`;
  const person = await someone(phone);
  const { data, errors } = await tryOrder(server, person.token, { projectId, channel: 'SMS' });
  expect(errors).toEqual([]);
  const { id, qr, channel } = data.startEnrolment.enrolment;
  expect({ qr, channel }).toEqual({ qr: null, channel: 'SMS' });
  return { ...person, phone, enrolmentId: id as string };
}

async function seen({ enrolmentId: id, token }: Invited): Promise<any> {
  const { data } = await server.graphql(
    'query ($id: ID!) { enrolment(id: $id) { status delivery openedAt } }',
    { id },
    { token },
  );
  return data.enrolment;
}

function codeIn(text: string): string {
  const code = /\/i#([\w-]{22})/.exec(text)?.[1] ?? '';
  noteSecret(code);
  expect(text).toContain(`${server.url}/i#${code}`);
  return code;
}

/** What was sent to a number, by whichever gateway. */
async function textTo(phone: string): Promise<string> {
  return eventually(() => {
    const byHttp = http.calls.find(({ body }) => body.to === phone)?.body.text;
    const parts = smsc.parts.filter(({ to }) => `+${to}` === phone);
    const bySmpp = parts.length === 0 ? undefined : parts.map(({ text }) => text).join('');
    return Promise.resolve(byHttp ?? bySmpp);
  });
}

test('the text holds a link whose code leads a phone to an active mobile ID', async () => {
  const invited = await invite();
  const code = codeIn(await textTo(invited.phone));
  await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'SENT');
  expect(await seen(invited)).toMatchObject({ status: 'WAITING_FOR_SCAN', delivery: 'SENT' });
  const phone = phoneAt(server.url, server.url);
  await phone.claim({ id: invited.enrolmentId, watchToken: '', publicUrl: server.url, code });
  expect((await phone.complete()).profile.state).toBe('ACTIVE');
});

test('is offered only to who has a number, and where the project has the channel', async () => {
  const numberless = await someone(null);
  const order = (token: string, projectId: string) =>
    tryOrder(server, token, { projectId, channel: 'SMS' });
  expect(codeOf(await order(numberless.token, cast.projectId))).toBe('CHANNEL_NOT_AVAILABLE');
  const mailing = await createProject(server, cast.admin, newName('mail'), { channels: ['EMAIL'] });
  const { token } = await someone('+41790000001');
  expect(codeOf(await order(token, mailing))).toBe('CHANNEL_NOT_AVAILABLE');
});

test('a number that changes ends the invitation that went to the old one', async () => {
  const invited = await invite();
  codeIn(await textTo(invited.phone));
  await server.graphql(
    'mutation ($id: ID!) { updateUser(id: $id, input: { phone: "+41790000002" }) { id } }',
    { id: invited.id },
    { token: cast.operator.token },
  );
  expect(await seen(invited)).toMatchObject({ status: 'CANCELLED' });
});

describe('where the first gateway fails', () => {
  test('the next one sends it, and its receipt tells that it arrived', async () => {
    http.answers = [503];
    const invited = await invite();
    const { id } = await messageThat(
      server.database,
      invited.enrolmentId,
      ({ state }) => state === 'SENT',
    );
    const last = smsc.parts.at(-1);
    codeIn(smsc.parts.map(({ text }) => text).join(''));
    expect(last?.to).toBe(invited.phone.slice(1));
    smsc.tell(last?.id ?? '', 'DELIVRD');
    await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'DELIVERED');
    expect(await seen(invited)).toMatchObject({ status: 'WAITING_FOR_SCAN', delivery: 'SENT' });
    expect(id).toBeDefined();
  });

  test('a receipt that it never arrives makes it BOUNCED, and it can be sent again', async () => {
    http.answers = [503];
    const invited = await invite();
    const { id } = await messageThat(
      server.database,
      invited.enrolmentId,
      ({ state }) => state === 'SENT',
    );
    codeIn(smsc.parts.map(({ text }) => text).join(''));
    smsc.tell(smsc.parts.at(-1)?.id ?? '', 'UNDELIV');
    await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'BOUNCED');
    expect(await seen(invited)).toMatchObject({ status: 'WAITING_FOR_SCAN', delivery: 'BOUNCED' });
    const { data } = await server.graphql(
      'mutation ($id: ID!) { resendMessage(id: $id) { state } }',
      { id },
      { token: cast.operator.token },
    );
    expect(data.resendMessage.state).toBe('QUEUED');
    await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'SENT');
    expect(await seen(invited)).toMatchObject({ delivery: 'SENT' });
  });

  test('a receipt that comes before the message is stored as sent is told again', async () => {
    smsc.receiptAnswers.length = 0;
    smsc.tell('not-stored-yet', 'DELIVRD');
    await eventually(() => Promise.resolve(smsc.receiptAnswers[0]));
    expect(smsc.receiptAnswers).toEqual([0x64]);
  });
});

test('both gateways failing delays it, and one that comes back takes it', async () => {
  http.answers = Array<number>(20).fill(503);
  smsc.mood = 'THROTTLES';
  const invited = await invite();
  const failed = await messageThat(
    server.database,
    invited.enrolmentId,
    ({ lastProblem }) => lastProblem?.includes('(503)') === true,
  );
  expect(failed.lastProblem).toContain('(SMPP 0x58)');
  expect(await seen(invited)).toMatchObject({ status: 'DELIVERING', delivery: 'QUEUED' });
  smsc.mood = 'WELL';
  await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'SENT');
  codeIn(smsc.parts.map(({ text }) => text).join(''));
});

test('invitations beyond what a day allows wait, and are not lost', async () => {
  const first = await invite();
  codeIn(await textTo(first.phone));
  await server.database.query(`UPDATE rate_limit SET points = 50 WHERE key LIKE 'sms-code/day%'`);
  const late = await invite();
  const waiting = await messageThat(
    server.database,
    late.enrolmentId,
    ({ lastProblem }) => lastProblem !== null,
  );
  expect(waiting).toMatchObject({
    state: 'QUEUED',
    attempts: 0,
    lastProblem: 'The daily limit of text messages is reached.',
  });
  await forgetAttempts(server.database);
  await hurry(server.database);
  codeIn(await textTo(late.phone));
});

test('however many invitations there are, they leave text messages for codes', async () => {
  const { limits } = server.app.services;
  const first = await invite();
  codeIn(await textTo(first.phone));
  for (let i = 1; i < 40; i += 1) await limits.take('sms-invitation/day', 'all');
  for (let i = 1; i < 40; i += 1) await limits.take('sms-code/day', 'all');
  const late = await invite();
  const waiting = await messageThat(
    server.database,
    late.enrolmentId,
    ({ lastProblem }) => lastProblem !== null,
  );
  expect(waiting).toMatchObject({ state: 'QUEUED', attempts: 0 });
  for (let i = 0; i < 10; i += 1) await limits.take('sms-code/day', 'all');
  expect(await limits.tryTake('sms-code/day', 'all')).toBe(false);
  await forgetAttempts(server.database);
  await hurry(server.database);
  codeIn(await textTo(late.phone));
});

test('one number gets so many invitations a day, at nobody else’s expense', async () => {
  const { limits } = server.app.services;
  const invited = await invite();
  codeIn(await textTo(invited.phone));
  for (let i = 1; i < 12; i += 1) await limits.take('sms-invitation/number', invited.phone);
  const shared = (): Promise<unknown> =>
    server.database.query(
      `SELECT key, points FROM rate_limit WHERE key LIKE 'sms-%/day:%' ORDER BY key`,
    );
  const before = await shared();
  const again = await tryOrder(server, invited.token, {
    projectId: cast.projectId,
    channel: 'SMS',
  });
  const { id } = again.data.startEnrolment.enrolment;
  const refused = await messageThat(server.database, id, ({ state }) => state === 'FAILED');
  expect(refused.lastProblem).toBe('The daily limit of text messages to this number is reached.');
  expect(await seen({ ...invited, enrolmentId: id })).toMatchObject({ status: 'FAILED' });
  expect(await shared()).toEqual(before);
  const other = await invite();
  codeIn(await textTo(other.phone));
});

describe('opening the link', () => {
  const OPEN = 'mutation ($code: String!) { noteInvitationOpened(code: $code) }';
  const open = (code: string) => server.graphql(OPEN, { code });

  test('is noted once, and claims nothing', async () => {
    const invited = await invite();
    const code = codeIn(await textTo(invited.phone));
    await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'SENT');
    expect((await seen(invited)).openedAt).toBeNull();
    expect((await open(code)).data.noteInvitationOpened).toBe(true);
    const first = await seen(invited);
    expect(first).toMatchObject({ status: 'WAITING_FOR_SCAN', openedAt: expect.any(String) });
    await Promise.all([open(code), open(code)]);
    expect((await seen(invited)).openedAt).toBe(first.openedAt);
    const entries = await server.database.query(
      `SELECT actor FROM audit_entry WHERE action = 'enrolment.open' AND target = $1`,
      [`enrolment:${invited.enrolmentId}`],
    );
    expect(entries).toHaveLength(1);
  });

  test('is refused where the code leads nowhere any more, with what became of it', async () => {
    const scanned = await invite();
    const code = codeIn(await textTo(scanned.phone));
    await phoneAt(server.url, server.url).claim({
      ...{ id: scanned.enrolmentId, watchToken: '', publicUrl: server.url },
      code,
    });
    expect(codeOf(await open(code))).toBe('ENROLMENT_TAKEN');
    const expired = await invite();
    const old = codeIn(await textTo(expired.phone));
    await server.database.query(
      `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
      [expired.enrolmentId],
    );
    expect(codeOf(await open(old))).toBe('CODE_EXPIRED');
    expect((await open('A'.repeat(22))).data.noteInvitationOpened).toBe(false);
    expect((await open('')).data.noteInvitationOpened).toBe(false);
  });

  test('with codes that are none is limited, and hinders no phone at the same address', async () => {
    await server.database.query(`DELETE FROM rate_limit WHERE key LIKE 'invitation/address%'`);
    await open('A'.repeat(22));
    await server.database.query(
      `UPDATE rate_limit SET points = 301 WHERE key LIKE 'invitation/address%'`,
    );
    expect(codeOf(await open('A'.repeat(22)))).toBe('RATE_LIMITED');
    const invited = await invite();
    const code = codeIn(await textTo(invited.phone));
    const phone = phoneAt(server.url, server.url);
    await phone.claim({ id: invited.enrolmentId, watchToken: '', publicUrl: server.url, code });
  });

  test('of a code on a screen is no invitation opened', async () => {
    const { token } = await someone(null);
    const { data } = await tryOrder(server, token, {
      projectId: cast.projectId,
      channel: 'SCREEN',
    });
    const { id, qr } = data.startEnrolment.enrolment;
    const code = (qr.uri as string).split('#')[1] ?? '';
    noteSecret(code);
    expect((await open(code)).data.noteInvitationOpened).toBe(true);
    const [row] = await server.database.query<{ opened_at: Date | null }>(
      'SELECT opened_at FROM enrolment WHERE id = $1',
      [id],
    );
    expect(row?.opened_at).toBeNull();
  });
});
