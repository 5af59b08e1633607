import type { DeviceTask } from '../../src/phone/contract';
import { claimedOrder, gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf, type Caller, type GraphqlAnswer } from '../helpers/graphql';
import { newName, orderFor, type Order } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
const projects = { DEVICE_CODE: '', APPROVAL: '', NONE: '' };
let scanned: { order: Order; phone: HonestOrNotPhone; task: DeviceTask };

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  for (const confirmation of ['DEVICE_CODE', 'APPROVAL', 'NONE'] as const) {
    projects[confirmation] = await createProject(server, cast.admin, newName('project'), {
      confirmation,
      notifyOnFailure: true,
      maxProfilesPerUser: 100,
    });
  }
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  scanned = await claimedOrder(server, cast.alva.token, projects.DEVICE_CODE);
});
afterAll(() => server.stop());

const call = (
  field: 'confirmDevice' | 'approveDevice',
  code: string,
  caller: Caller,
  id = scanned.order.id,
): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `mutation ($id: ID!, $code: String!) { ${field}(id: $id, code: $code) { status } }`,
    { id, code },
    caller,
  );
const confirm = (code: string, caller: Caller = { token: cast.alva.token }) =>
  call('confirmDevice', code, caller);
const shown = (): string => scanned.task.confirmationCode ?? '';
const wrong = (by = 1): string => String((Number(shown()) + by) % 1e6).padStart(6, '0');
const activate = () =>
  scanned.phone.tryActivate(scanned.task, scanned.phone.requestsFor(scanned.task));

describe('a phone that has to be confirmed', () => {
  test('gets nothing before that, and nothing of its requests is stored', async () => {
    expect(shown()).toMatch(/^\d{6}$/);
    expect(codeOf(await activate())).toBe('CONFIRMATION_REQUIRED');
    expect(await statusOf(server, scanned.order.id)).toBe('AWAITING_CONFIRMATION');
    const rows = await server.database.query(
      'SELECT id FROM enrolment WHERE id = $1 AND requests_digest IS NULL',
      [scanned.order.id],
    );
    expect(rows).toHaveLength(1);
  });

  test('gets its mobile ID once the user has typed what it shows', async () => {
    const { data } = await confirm(shown());
    expect(data.confirmDevice.status).toBe('CONFIRMED');
    expect((await activate()).errors).toEqual([]);
  });

  test('can be confirmed by the page that holds the watch token', async () => {
    const { data } = await confirm(shown(), { watchToken: scanned.order.watchToken });
    expect(data.confirmDevice.status).toBe('CONFIRMED');
  });

  test('is not confirmed by its own token, nor by a stranger', async () => {
    expect(codeOf(await confirm(shown(), { deviceToken: scanned.task.deviceToken }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(codeOf(await confirm(shown(), { token: cast.other.token }))).toBe('NOT_FOUND');
    expect(await statusOf(server, scanned.order.id)).toBe('AWAITING_CONFIRMATION');
  });

  test('shows the same code when it asks again', async () => {
    expect((await scanned.phone.claim(scanned.order.code)).confirmationCode).toBe(shown());
  });

  test('is told by nothing but its own task what it has to show', async () => {
    const { data } = await server.graphql(
      `query ($id: ID!) { enrolment(id: $id) { status events { status detail } } }`,
      { id: scanned.order.id },
      { token: cast.alva.token },
    );
    expect(JSON.stringify(data)).not.toContain(shown());
    const rows = await server.database.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'xid')::text AS row FROM enrolment_event t WHERE enrolment_id = $1`,
      [scanned.order.id],
    );
    expect(rows.some(({ row }) => row.includes(shown()))).toBe(false);
  });
});

describe('the code of a phone', () => {
  test.each(['', '12345', '1234567', 'abcdef'])(
    'that is none (%j) is INVALID_INPUT, and counts for nothing',
    async (code) => {
      const answer = await confirm(code);
      expect(codeOf(answer)).toBe('INVALID_INPUT');
      expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'code' }]);
      expect(await attempts()).toBe(0);
    },
  );

  test('may be wrong four times; the fifth fails the enrolment, and the user is told', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await sessionOf(server, person.id);
    scanned = await claimedOrder(server, token, projects.DEVICE_CODE);
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const answer = await confirm(wrong(attemptsLeft + 1), { token });
      expect(answer.errors[0]?.extensions).toMatchObject({
        code: 'CONFIRMATION_WRONG',
        attemptsLeft,
      });
    }
    expect(await statusOf(server, scanned.order.id)).toBe('FAILED');
    expect(codeOf(await confirm(shown(), { token }))).toBe('CONFIRMATION_WRONG');
    expect(codeOf(await activate())).toBe('CONFIRMATION_WRONG');
    expect((await server.mailTo(person.email)).text).not.toContain(shown());
  });

  test('guessed fifty times at the same time is compared five times at most', async () => {
    const { secrets } = server.app.services;
    const compared = jest.spyOn(secrets, 'isConfirmationCode');
    try {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => confirm(wrong(i + 1))),
      );
      expect(answers.every(({ errors }) => errors.length > 0)).toBe(true);
      expect(compared.mock.calls.length).toBeLessThanOrEqual(5);
    } finally {
      compared.mockRestore();
    }
    expect(await attempts()).toBe(5);
    expect(await statusOf(server, scanned.order.id)).toBe('FAILED');
  });

  test('whose fifth attempt was counted and, in a crash, never compared fails the enrolment by itself', async () => {
    const beingCompared = await claimedOrder(server, cast.other.token, projects.DEVICE_CODE);
    const left = `UPDATE enrolment SET confirmation_attempts = 5, confirmation_counted_at = now() - $2::interval WHERE id = $1`;
    await server.database.query(left, [beingCompared.order.id, '0 seconds']);
    await server.database.query(left, [scanned.order.id, '1 minute']);
    await eventually(async () =>
      (await statusOf(server, scanned.order.id)) === 'FAILED' ? true : undefined,
    );
    expect(await statusOf(server, beingCompared.order.id)).toBe('AWAITING_CONFIRMATION');
    expect(codeOf(await activate())).toBe('CONFIRMATION_WRONG');
    const audit = await server.database.query(
      `SELECT action, outcome FROM audit_entry WHERE target = $1 ORDER BY id DESC LIMIT 1`,
      [`enrolment:${scanned.order.id}`],
    );
    expect(audit).toEqual([{ action: 'enrolment.confirm-device', outcome: 'REFUSED' }]);
  });

  test('typed twice at the same time confirms once', async () => {
    const answers = await Promise.all([confirm(shown()), confirm(shown())]);
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    const events = await server.database.query(
      `SELECT number FROM enrolment_event WHERE enrolment_id = $1 AND status = 'CONFIRMED'`,
      [scanned.order.id],
    );
    expect(events).toHaveLength(1);
  });

  test('is asked for only where a phone waits for it', async () => {
    await confirm(shown());
    expect(codeOf(await confirm(shown()))).toBe('INVALID_TRANSITION');
    const plain = await claimedOrder(server, cast.alva.token, projects.NONE);
    const answer = await call(
      'confirmDevice',
      '123456',
      { token: cast.alva.token },
      plain.order.id,
    );
    expect(codeOf(answer)).toBe('INVALID_TRANSITION');
    expect(plain.task.confirmationCode).toBeNull();
  });
});

describe('an approval', () => {
  const approve = (code: string, token: string) => call('approveDevice', code, { token });

  beforeEach(async () => {
    scanned = await claimedOrder(server, cast.alva.token, projects.APPROVAL);
  });

  test('by an operator who was told the code lets the phone go on', async () => {
    expect(codeOf(await activate())).toBe('CONFIRMATION_REQUIRED');
    const { data } = await approve(shown(), cast.operator.token);
    expect(data.approveDevice.status).toBe('CONFIRMED');
    expect((await activate()).errors).toEqual([]);
  });

  test('is not given by the user himself typing the code', async () => {
    expect(codeOf(await confirm(shown()))).toBe('INVALID_TRANSITION');
    expect(await statusOf(server, scanned.order.id)).toBe('AWAITING_CONFIRMATION');
  });

  test('is not given by one who is no operator', async () => {
    expect(codeOf(await approve(shown(), cast.alva.token))).toBe('FORBIDDEN');
    expect(codeOf(await approve(shown(), cast.other.token))).toBe('FORBIDDEN');
  });

  test('is not given by the operator who ordered', async () => {
    const placed = await orderFor(
      server,
      { admin: cast.operator.token, projectId: projects.APPROVAL },
      cast.other.id,
    );
    const phone = new HonestOrNotPhone(server);
    const task = await phone.claim(placed.code);
    scanned = { order: placed, phone, task };
    expect(codeOf(await approve(shown(), cast.operator.token))).toBe('FORBIDDEN');
    expect(await attempts()).toBe(0);
    expect((await approve(shown(), cast.admin)).errors).toEqual([]);
  });

  test('is not given for oneself', async () => {
    const placed = await orderFor(
      server,
      { admin: cast.admin, projectId: projects.APPROVAL },
      cast.operator.id,
    );
    const phone = new HonestOrNotPhone(server);
    scanned = { order: placed, phone, task: await phone.claim(placed.code) };
    expect(codeOf(await approve(shown(), cast.operator.token))).toBe('FORBIDDEN');
  });

  test('is not given for one who holds a role that the operator lacks', async () => {
    const chief = await createPerson(server, cast.admin, newName('chief'), ['ADMIN']);
    const token = await sessionOf(server, chief.id);
    scanned = await claimedOrder(server, token, projects.APPROVAL);
    expect(codeOf(await approve(shown(), cast.operator.token))).toBe('FORBIDDEN');
  });

  test('with a wrong code counts like any other', async () => {
    const answer = await approve(wrong(), cast.operator.token);
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'CONFIRMATION_WRONG',
      attemptsLeft: 4,
    });
  });

  test('can be refused: the enrolment is cancelled, with the reason in the audit log', async () => {
    const { data } = await server.graphql(
      'mutation ($id: ID!, $reason: String) { rejectDevice(id: $id, reason: $reason) { status } }',
      { id: scanned.order.id, reason: 'Not his phone.' },
      { token: cast.operator.token },
    );
    expect(data.rejectDevice.status).toBe('CANCELLED');
    expect(codeOf(await activate())).toBe('ENROLMENT_CANCELLED');
    const audit = await server.database.query(
      `SELECT action, actor, detail FROM audit_entry WHERE target = $1 ORDER BY id DESC LIMIT 1`,
      [`enrolment:${scanned.order.id}`],
    );
    expect(audit).toEqual([
      { action: 'enrolment.reject-device', actor: 'user:olga', detail: 'Not his phone.' },
    ]);
  });

  test('is refused only to a phone that waits for it', async () => {
    const placed = await order(server, cast.alva.token, { projectId: projects.APPROVAL });
    const answer = await server.graphql(
      'mutation ($id: ID!) { rejectDevice(id: $id) { status } }',
      { id: placed.id },
      { token: cast.operator.token },
    );
    expect(codeOf(answer)).toBe('INVALID_TRANSITION');
  });
});

async function attempts(): Promise<number | undefined> {
  const [row] = await server.database.query<{ attempts: number }>(
    'SELECT confirmation_attempts AS attempts FROM enrolment WHERE id = $1',
    [scanned.order.id],
  );
  return row?.attempts;
}
