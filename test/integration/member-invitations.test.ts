import { accessToken, createClient } from '../helpers/api-clients';
import { gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import {
  addMember,
  inviteMember,
  invitedCode,
  mailedCodes,
  memberBy,
  removeMember,
  tryAddMember,
} from '../helpers/members';
import { newName } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { linkMailedTo, setPassword } from '../helpers/passwords';
import { moveProfile } from '../helpers/profiles';
import { forgetAttempts } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let operator: string;
/** Invites by mail, or shows the code on screen. */
let projectId: string;
let person: Person;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  operator = cast.operator.token;
  projectId = await createProject(server, cast.admin, newName('mailing'), {
    channels: ['SCREEN', 'EMAIL'],
    notifyOnSuccess: false,
  });
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  person = await createPerson(server, cast.admin, newName('user'));
});
afterAll(() => server.stop());

const add = (more: object = {}): Promise<any> =>
  addMember(server, operator, { projectId, userId: person.id, ...more });
const member = (): Promise<any> => memberBy(server, operator, projectId, { userId: person.id });
const invite = (more: object = {}, token = operator): Promise<GraphqlAnswer<any>> =>
  inviteMember(server, token, { projectId, userId: person.id, ...more });
const changeUser = async (input: object, token = operator): Promise<void> => {
  const { errors } = await server.graphql(
    'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id } }',
    { id: person.id, input },
    { token },
  );
  expect(errors).toEqual([]);
};
const moveUser = async (field: 'activateUser' | 'deactivateUser'): Promise<void> => {
  const { errors } = await server.graphql(
    `mutation ($id: ID!) { ${field}(id: $id) { id } }`,
    { id: person.id },
    { token: operator },
  );
  expect(errors).toEqual([]);
};
const delivered = (id: string): Promise<string> =>
  eventually(async () => {
    const status = await statusOf(server, id);
    return status === 'DELIVERING' ? undefined : status;
  });
const note = (id: string, change: string): Promise<unknown> =>
  server.database.query(`UPDATE enrolment SET ${change} WHERE id = $1`, [id]);
const orders = (): Promise<{ status: string; orderedBy: string | null }[]> =>
  server.database.query(
    `SELECT status, ordered_by AS "orderedBy" FROM enrolment WHERE user_id = $1 ORDER BY created_at`,
    [person.id],
  );
const refusal = async (code: string): Promise<string> =>
  codeOf(await new HonestOrNotPhone(server).tryClaim(code));
/** Of the mobile ID that the code leads to. */
const stateBy = async (code: string): Promise<string> =>
  (await new HonestOrNotPhone(server).enrol(code)).profile.state as string;
const newAddress = (): string => `${newName('new')}@example.org`;

describe('who is added', () => {
  test('is invited by mail at once, and gets his mobile ID by what stands in the mail', async () => {
    const added = await add();
    expect(added).toMatchObject({
      invitation: 'QUEUED',
      latestEnrolment: { status: 'DELIVERING', channel: 'EMAIL', invitation: 'QUEUED' },
    });
    const { id } = added.latestEnrolment;
    const code = await invitedCode(server, person.email);
    await delivered(id as string);
    expect(await member()).toMatchObject({ invitation: 'SENT', latestEnrolment: { id } });
    const phone = new HonestOrNotPhone(server);
    const task = await phone.claim(code);
    expect(await member()).toMatchObject({ invitation: 'OPENED' });
    const { data } = await phone.tryActivate(task, phone.requestsFor(task));
    expect(await member()).toMatchObject({
      invitation: 'ACTIVE',
      latestEnrolment: { status: 'ACTIVE' },
    });
    const profileId = data.activateEnrolment.profile.id as string;
    await moveProfile(server, 'revokeProfile', profileId, { token: operator });
    expect(await member()).toMatchObject({
      invitation: 'RESET',
      latestEnrolment: { invitation: 'RESET' },
    });
  });

  test('has seven days, and one phone', async () => {
    const { latestEnrolment } = await add();
    const [row] = await server.database.query<{ days: number }>(
      `SELECT round(extract(epoch FROM code_expires_at - created_at) / 86400)::int AS days
       FROM enrolment WHERE id = $1`,
      [latestEnrolment.id],
    );
    expect(row).toEqual({ days: 7 });
    const code = await invitedCode(server, person.email);
    await new HonestOrNotPhone(server).enrol(code);
    expect(await refusal(code)).toBe('ENROLMENT_COMPLETED');
  });

  test.each([
    ['SENT', `status = 'WAITING_FOR_SCAN', delivery = 'SENT'`],
    ['BOUNCED', `status = 'WAITING_FOR_SCAN', delivery = 'BOUNCED'`],
    ['OPENED', `status = 'WAITING_FOR_SCAN', opened_at = now()`],
    ['EXPIRED', `status = 'WAITING_FOR_SCAN', code_expires_at = now()`],
    ['FAILED', `status = 'FAILED', failure_code = 'CHANNEL_NOT_AVAILABLE', delivery = 'FAILED'`],
    ['CANCELLED', `status = 'CANCELLED'`],
  ])('is shown as %s where that is how the invitation stands', async (expected, change) => {
    const { latestEnrolment } = await add();
    await delivered(latestEnrolment.id as string);
    await note(latestEnrolment.id as string, change);
    expect(await member()).toMatchObject({
      invitation: expected,
      latestEnrolment: { invitation: expected },
    });
  });

  test.each([
    ['that was not wanted', { invite: false }, undefined],
    ['he has no address', {}, () => changeUser({ email: null })],
    ['he is not active', {}, () => moveUser('deactivateUser')],
  ] as const)('is not invited where %s', async (_why, more, prepare) => {
    await prepare?.();
    expect(await add(more)).toMatchObject({ invitation: null, latestEnrolment: null });
    expect(await orders()).toEqual([]);
  });

  test('is not invited where the project has its codes on screen alone', async () => {
    const added = await addMember(server, operator, {
      projectId: cast.projectId,
      userId: person.id,
    });
    expect(added).toMatchObject({ invitation: null, latestEnrolment: null });
  });

  test('is not invited where he has a mobile ID there, or an order under way', async () => {
    const token = await sessionOf(server, person.id);
    const placed = await order(server, token, { projectId, channel: 'SCREEN' });
    expect(await add()).toMatchObject({ invitation: null, latestEnrolment: { id: placed.id } });
    await new HonestOrNotPhone(server).enrol(placed.code);
    await removeMember(server, operator, { projectId, userId: person.id });
    expect(await add()).toMatchObject({ invitation: null, latestEnrolment: { status: 'ACTIVE' } });
    expect(await orders()).toHaveLength(1);
  });

  test('is invited again where what he had there is over when he comes back', async () => {
    await add();
    const { profile } = await new HonestOrNotPhone(server).enrol(
      await invitedCode(server, person.email),
    );
    await removeMember(server, operator, { projectId, userId: person.id });
    await moveProfile(server, 'revokeProfile', profile.id as string, { token: operator });
    expect(await add()).toMatchObject({ invitation: 'QUEUED' });
  });

  test('stays out where who adds him may not supply mobile IDs, unless without an invitation', async () => {
    const client = await createClient(server, cast.admin, { scopes: ['members:write'] });
    const token = await accessToken(server, client);
    const args = { projectId, userId: person.id };
    const refused = await tryAddMember(server, token, args, '{ id }');
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      reason: 'INVITES',
      resource: '/operator/mobile-id/supply',
      detail: expect.stringContaining('enrolment:create') as string,
    });
    expect(await member()).toBeNull();
    const without = await tryAddMember(server, token, { ...args, invite: false }, '{ id }');
    expect(without.errors).toEqual([]);
    expect(await member()).toMatchObject({ invitation: null, latestEnrolment: null });
  });

  test('by Signet itself, as from a list read on its console, is invited in nobody’s name', async () => {
    const { work, members } = server.app.services;
    const request = await work.systemRequest('sync', newName('request'));
    await work.change(request, (scope) => members.add(scope, { projectId, userId: person.id }));
    expect(await orders()).toEqual([{ status: expect.any(String), orderedBy: null }]);
    expect(await stateBy(await invitedCode(server, person.email))).toBe('ACTIVE');
  });

  test('by an API client that may supply is invited in its name', async () => {
    const scopes = ['members:write', 'enrolment:create'];
    const client = await createClient(server, cast.admin, { scopes });
    const token = await accessToken(server, client);
    const { errors } = await tryAddMember(
      server,
      token,
      { projectId, userId: person.id },
      '{ id }',
    );
    expect(errors).toEqual([]);
    expect(await orders()).toEqual([{ status: expect.any(String), orderedBy: client.id }]);
  });
});

describe('a new invitation', () => {
  test('takes the place of the older one, which says so when it is scanned', async () => {
    const { latestEnrolment: older } = await add();
    const old = await invitedCode(server, person.email);
    const { data } = await invite();
    const { latestEnrolment: newer, invitation } = data.inviteProjectMember;
    expect(newer.id).not.toBe(older.id);
    expect(invitation).toBe('QUEUED');
    expect(await statusOf(server, older.id as string)).toBe('SUPERSEDED');
    expect(await refusal(old)).toBe('ENROLMENT_SUPERSEDED');
    const code = await invitedCode(server, person.email, [old]);
    expect(await stateBy(code)).toBe('ACTIVE');
    const seen = await server.graphql(
      'query ($userId: ID) { enrolments(userId: $userId) { nodes { id invitation } } }',
      { userId: person.id },
      { token: operator },
    );
    expect(seen.data.enrolments.nodes).toEqual([
      { id: newer.id, invitation: 'ACTIVE' },
      { id: older.id, invitation: 'SUPERSEDED' },
    ]);
  });

  test('is void for the phone that has scanned the older one, too', async () => {
    await add();
    const phone = new HonestOrNotPhone(server);
    const task = await phone.claim(await invitedCode(server, person.email));
    await invite();
    expect(codeOf(await phone.tryActivate(task, phone.requestsFor(task)))).toBe(
      'ENROLMENT_SUPERSEDED',
    );
  });

  test.each([
    ['on screen', 'SCREEN'],
    ['by a way that the project does not have', 'SMS'],
  ])('cannot go %s', async (_way, channel) => {
    await add({ invite: false });
    expect(codeOf(await invite({ channel }))).toBe('CHANNEL_NOT_AVAILABLE');
    expect(await orders()).toEqual([]);
  });

  test('cannot go to who has no address, is not active, or is no member', async () => {
    expect(codeOf(await invite())).toBe('NOT_FOUND');
    await add({ invite: false });
    await moveUser('deactivateUser');
    expect(codeOf(await invite())).toBe('USER_NOT_ACTIVE');
    await changeUser({ email: null });
    expect(codeOf(await invite())).toBe('CHANNEL_NOT_AVAILABLE');
    await removeMember(server, operator, { projectId, userId: person.id });
    expect(codeOf(await invite())).toBe('NOT_FOUND');
  });

  test('by five operators at once leaves one that can be used', async () => {
    await add();
    const answers = await Promise.all(Array.from({ length: 5 }, () => invite()));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const open = (await orders()).filter(({ status }) => status !== 'SUPERSEDED');
    expect(open).toHaveLength(1);
  });

  test('is given no more often than orders are', async () => {
    await add({ invite: false });
    await server.app.services.limits.take('enrolment/start', `${cast.operator.id} ${person.id}`);
    await server.database.query('UPDATE rate_limit SET points = 1000');
    expect(codeOf(await invite())).toBe('RATE_LIMITED');
  });
});

describe('a changed address', () => {
  test('voids what went to the old one, and invites at the new one', async () => {
    const { latestEnrolment: older } = await add();
    const old = await invitedCode(server, person.email);
    const email = newAddress();
    await changeUser({ email });
    expect(await statusOf(server, older.id as string)).toBe('CANCELLED');
    expect(await refusal(old)).toBe('ENROLMENT_CANCELLED');
    const code = await invitedCode(server, email);
    expect(await stateBy(code)).toBe('ACTIVE');
    expect(await mailedCodes(server, person.email)).toEqual([old]);
  });

  test('shuts out the phone that has scanned what went to the old one', async () => {
    await add();
    const stranger = new HonestOrNotPhone(server);
    const task = await stranger.claim(await invitedCode(server, person.email));
    await changeUser({ email: newAddress() });
    expect(codeOf(await stranger.tryActivate(task, stranger.requestsFor(task)))).toBe(
      'ENROLMENT_CANCELLED',
    );
    expect((await orders()).map(({ status }) => status)).toEqual(['CANCELLED', expect.any(String)]);
  });

  test('is what the invitation in another name waits for: who changes it orders anew', async () => {
    await addMember(server, cast.admin, { projectId, userId: person.id });
    await changeUser({ email: newAddress() });
    const by = (await orders()).map(({ orderedBy }) => orderedBy);
    expect(by).toEqual([cast.adminId, cast.operator.id]);
  });

  test('that Signet itself has read elsewhere leaves the order in the name of who has placed it', async () => {
    await add();
    const { work, users } = server.app.services;
    const request = await work.systemRequest('saml:idp', newName('request'));
    await work.change(request, (scope) => users.update(scope, person.id, { email: newAddress() }));
    const by = (await orders()).map(({ orderedBy }) => orderedBy);
    expect(by).toEqual([cast.operator.id, cast.operator.id]);
  });

  test.each([
    ['has bounced', `delivery = 'BOUNCED', status = 'WAITING_FOR_SCAN'`],
    ['could not be delivered', `status = 'FAILED', failure_code = 'CHANNEL_NOT_AVAILABLE'`],
    ['has run out', `status = 'EXPIRED'`],
  ])('invites whose invitation %s', async (_how, change) => {
    const { latestEnrolment } = await add();
    await delivered(latestEnrolment.id as string);
    await note(latestEnrolment.id as string, change);
    const email = newAddress();
    await changeUser({ email });
    expect(await stateBy(await invitedCode(server, email))).toBe('ACTIVE');
  });

  test('invites who had none when he was added', async () => {
    await changeUser({ email: null });
    await add();
    expect(await orders()).toEqual([]);
    const email = newAddress();
    await changeUser({ email });
    const code = await invitedCode(server, email);
    expect(await stateBy(code)).toBe('ACTIVE');
  });

  test('invites nobody who was added without an invitation, until somebody has invited him', async () => {
    await add({ invite: false });
    await changeUser({ email: newAddress() });
    expect(await orders()).toEqual([]);
    expect((await invite()).errors).toEqual([]);
    await changeUser({ email: newAddress() });
    expect(await orders()).toHaveLength(2);
  });

  test('invites nobody whose invitation has led to a mobile ID, whatever became of that', async () => {
    await add();
    const { profile } = await new HonestOrNotPhone(server).enrol(
      await invitedCode(server, person.email),
    );
    await changeUser({ email: newAddress() });
    await moveProfile(server, 'revokeProfile', profile.id as string, { token: operator });
    await changeUser({ email: newAddress() });
    expect(await orders()).toHaveLength(1);
  });

  test('that was taken away cancels the invitation, and mails nothing', async () => {
    const { latestEnrolment } = await add();
    await changeUser({ email: null });
    expect(await statusOf(server, latestEnrolment.id as string)).toBe('CANCELLED');
    expect(await orders()).toHaveLength(1);
  });

  test('by who may not supply mobile IDs cancels the invitation, and no more', async () => {
    await add();
    const client = await createClient(server, cast.admin, { scopes: ['users:write'] });
    await changeUser({ email: newAddress() }, await accessToken(server, client));
    expect((await orders()).map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  test('stands also where he can no longer be invited; the log says why', async () => {
    const elsewhere = await createProject(server, cast.admin, newName('project'), {
      channels: ['EMAIL'],
    });
    const { latestEnrolment } = await addMember(server, operator, {
      ...{ projectId: elsewhere, userId: person.id },
    });
    await server.database.query(
      `UPDATE project SET settings = settings || '{"defaultCertificates": []}' WHERE id = $1`,
      [elsewhere],
    );
    await changeUser({ email: newAddress() });
    expect(await statusOf(server, latestEnrolment.id as string)).toBe('CANCELLED');
    const entries = await server.database.query(
      `SELECT outcome, detail FROM audit_entry WHERE target = $1 AND action = 'enrolment.start'`,
      [`project:${elsewhere}`],
    );
    expect(entries).toEqual([{ outcome: 'REFUSED', detail: `user:${person.id} INVALID_INPUT` }]);
  });

  test('of who is no member any more, or ordered it himself, invites nobody', async () => {
    await add();
    await removeMember(server, operator, { projectId, userId: person.id });
    const open = await createProject(server, cast.admin, newName('open'), { channels: ['EMAIL'] });
    const token = await sessionOf(server, person.id);
    const { data } = await server.graphql(
      'mutation ($p: ID) { startEnrolment(input: { projectId: $p }) { enrolment { id } } }',
      { p: open },
      { token },
    );
    await changeUser({ email: newAddress() });
    expect(await statusOf(server, data.startEnrolment.enrolment.id as string)).toBe('CANCELLED');
    expect(await orders()).toHaveLength(2);
  });

  test('a new number leaves what was mailed', async () => {
    const { latestEnrolment } = await add();
    await changeUser({ phone: '+41441234567' });
    expect(await statusOf(server, latestEnrolment.id as string)).not.toBe('CANCELLED');
    expect(await orders()).toHaveLength(1);
  });
});

describe('a member who is activated', () => {
  test('for the first time is invited', async () => {
    await server.database.query(`UPDATE app_user SET state = 'REGISTERED' WHERE id = $1`, [
      person.id,
    ]);
    await add();
    expect(await orders()).toEqual([]);
    await moveUser('activateUser');
    expect(await stateBy(await invitedCode(server, person.email))).toBe('ACTIVE');
  });

  test('again gets a new invitation for the one that his deactivation has cancelled', async () => {
    await add();
    const old = await invitedCode(server, person.email);
    await moveUser('deactivateUser');
    expect(await refusal(old)).toBe('ENROLMENT_CANCELLED');
    await moveUser('activateUser');
    const code = await invitedCode(server, person.email, [old]);
    expect(await stateBy(code)).toBe('ACTIVE');
    await moveUser('deactivateUser');
    await moveUser('activateUser');
    expect(await orders()).toHaveLength(2);
  });
});

test('a member who sets his first password keeps his invitation', async () => {
  const email = newAddress();
  const created = await server.graphql(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input: { username: newName('user'), displayName: 'New', email } },
    { token: operator },
  );
  const { id: userId } = created.data.createUser as { id: string };
  await addMember(server, operator, { projectId, userId });
  const code = await invitedCode(server, email);
  const link = await linkMailedTo(server, email);
  expect((await setPassword(server, link, newName('the first password of'))).errors).toEqual([]);
  expect(await stateBy(code)).toBe('ACTIVE');
});
