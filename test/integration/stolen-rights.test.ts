import { claimedOrder, gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { orderFor } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { sessionOf } from '../helpers/sessions';
import { startTestServer, type TestServer } from '../helpers/server';

const CONFIRM = `mutation ($id: ID!, $code: String!) { confirmDevice(id: $id, code: $code) { status } }`;
const RENEW = `mutation ($id: ID!) { renewEnrolmentCode(id: $id) { status qr { uri } } }`;

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { confirmation: 'DEVICE_CODE' });
});
afterAll(() => server.stop());

test('who stole a QR code cannot confirm his own phone, with a session of his own beside its token either', async () => {
  const { order: stolen, task } = await claimedOrder(server, cast.alva.token, cast.projectId);
  const thief = { token: cast.other.token, deviceToken: task.deviceToken };
  const confirmed = await server.graphql(
    CONFIRM,
    { id: stolen.id, code: task.confirmationCode },
    thief,
  );
  expect(codeOf(confirmed)).toBe('NOT_FOUND');
  expect(codeOf(await server.graphql(RENEW, { id: stolen.id }, thief))).toBe('NOT_FOUND');
  expect(await statusOf(server, stolen.id)).toBe('AWAITING_CONFIRMATION');
});

test('what an operator has ordered for others is cancelled when he is locked', async () => {
  const operator = await createPerson(server, cast.admin, 'oskar', ['OPERATOR']);
  const carl = await createPerson(server, cast.admin, 'carl');
  const stage = { admin: await sessionOf(server, operator.id), projectId: cast.projectId };
  const placed = await orderFor(server, stage, carl.id);
  await server.graphql(
    `mutation ($id: ID!) { lockUser(id: $id, reason: "left the company") { state } }`,
    { id: operator.id },
    { token: cast.admin },
  );
  expect(await statusOf(server, placed.id)).toBe('CANCELLED');
  expect(codeOf(await new HonestOrNotPhone(server).tryClaim(placed.code))).toBe(
    'ENROLMENT_CANCELLED',
  );
});

test('what others have ordered for a user is cancelled when his roles change', async () => {
  const pia = await createPerson(server, cast.admin, 'pia');
  const stage = { admin: cast.operator.token, projectId: cast.projectId };
  const placed = await orderFor(server, stage, pia.id);
  await server.graphql(
    `mutation ($id: ID!) { setUserRoles(id: $id, roles: [ADMIN]) { roles } }`,
    { id: pia.id },
    { token: cast.admin },
  );
  expect(await statusOf(server, placed.id)).toBe('CANCELLED');
});

test('own mobile IDs are shown by no way around the rule on /mobile-id', async () => {
  const bob = await createPerson(server, cast.admin, 'bob');
  await server.graphql(
    `mutation ($input: UpdateUserInput!, $id: ID!) { updateUser(id: $id, input: $input) { id } }`,
    { id: bob.id, input: { groups: ['barred'] } },
    { token: cast.admin },
  );
  await server.graphql(
    `mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }`,
    {
      input: {
        name: 'Barred',
        effect: 'DENY',
        resources: ['/mobile-id'],
        when: { groups: ['barred'] },
        require: [],
      },
    },
    { token: cast.admin },
  );
  const token = await sessionOf(server, bob.id);
  const around = await server.graphql('{ viewer { user { profiles { id } } } }', {}, { token });
  expect(codeOf(around)).toBe('FORBIDDEN');
});

test('an operator does not choose his own groups', async () => {
  const changed = await server.graphql(
    `mutation ($input: UpdateUserInput!, $id: ID!) { updateUser(id: $id, input: $input) { id } }`,
    { id: cast.operator.id, input: { groups: ['payroll'] } },
    { token: cast.operator.token },
  );
  expect(codeOf(changed)).toBe('FORBIDDEN');
});

test("an operator's orders for one user do not use up another's, however the id is spelt", async () => {
  const dora = await createPerson(server, cast.admin, 'dora');
  const supply = (userId: string) =>
    server.graphql(
      `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
         startEnrolmentForUser(userId: $userId, input: $input) { watchToken } }`,
      { userId, input: { projectId: cast.projectId } },
      { token: cast.operator.token },
    );
  const answers = [];
  for (let i = 0; i < 60; i += 1) answers.push(await supply(dora.id));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect(codeOf(await supply(dora.id.toUpperCase()))).toBe('RATE_LIMITED');
  const own = await order(server, await sessionOf(server, dora.id), { projectId: cast.projectId });
  expect(await statusOf(server, own.id)).toBe('WAITING_FOR_SCAN');
});

test('the audit log cannot be filled by somebody without a session', async () => {
  const refusals = Array.from({ length: 150 }, () =>
    server.graphql('query Flood { users { totalCount } }'),
  );
  const answers = await Promise.all(refusals);
  expect(new Set(answers.map(codeOf))).toEqual(new Set(['UNAUTHENTICATED']));
  const [row] = await server.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM audit_entry WHERE action = 'Flood'`,
  );
  expect(row?.count).toBeLessThanOrEqual(120);
});
