import { claimedOrder, gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, signIn, type Person } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts, rowsOf, settled } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { Watcher } from '../helpers/subscription';

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

type Change = 'activateUser' | 'deactivateUser' | 'lockUser';
const change = (
  field: Change,
  id: string,
  by = cast.operator.token,
): Promise<GraphqlAnswer<any>> => {
  const reason = field === 'lockUser' ? ', reason: "Left the company."' : '';
  return server.graphql(
    `mutation ($id: ID!) { ${field}(id: $id${reason}) { state roles } }`,
    { id },
    { token: by },
  );
};
const setRoles = (id: string, roles: readonly string[], by = cast.admin) =>
  server.graphql(
    'mutation ($id: ID!, $roles: [Role!]!) { setUserRoles(id: $id, roles: $roles) { roles } }',
    { id, roles },
    { token: by },
  );
const stateOf = async (id: string): Promise<unknown> => {
  const { data } = await server.graphql(
    `query ($id: ID!) { user(id: $id) { state roles profiles { state
       certificates { status revocationReason revokedAt } } } }`,
    { id },
    { token: cast.operator.token },
  );
  return data.user;
};
const viewer = (by: string) => server.graphql('{ viewer { user { id } } }', {}, { token: by });
const profile = async (): Promise<void> => {
  const { code } = await order(server, token, { projectId: cast.projectId });
  await new HonestOrNotPhone(server).enrol(code);
};
const certificates = (status: string, revocationReason: string | null, revokedAt: unknown) =>
  Array.from({ length: 2 }, () => ({ status, revocationReason, revokedAt }));

describe('a user who is deactivated', () => {
  test('has his mobile IDs suspended and his certificates put on hold', async () => {
    await profile();
    await change('deactivateUser', person.id);
    expect(await stateOf(person.id)).toMatchObject({
      state: 'INACTIVE',
      profiles: [
        {
          state: 'INACTIVE',
          certificates: certificates('ON_HOLD', 'certificateHold', expect.any(String)),
        },
      ],
    });
  });

  test('has everything back when he is activated again, but must sign in anew', async () => {
    await profile();
    await change('deactivateUser', person.id);
    await change('activateUser', person.id);
    expect(await stateOf(person.id)).toMatchObject({
      state: 'ACTIVE',
      profiles: [{ state: 'ACTIVE', certificates: certificates('VALID', null, null) }],
    });
    expect(codeOf(await viewer(token))).toBe('UNAUTHENTICATED');
    expect(await signIn(server, person.username, person.password)).not.toBe('');
  });

  test('is signed out everywhere, and his open sockets are closed', async () => {
    const { id } = await order(server, token, { projectId: cast.projectId });
    const elsewhere = await sessionOf(server, person.id, ['PASSWORD']);
    const watcher = new Watcher(server.url, id, { token });
    await watcher.until('WAITING_FOR_SCAN');
    await change('deactivateUser', person.id);
    expect(codeOf(await viewer(token))).toBe('UNAUTHENTICATED');
    expect(codeOf(await viewer(elsewhere))).toBe('UNAUTHENTICATED');
    expect([4401, 4403]).toContain(await watcher.closed);
  });

  test('has what he ordered cancelled, wherever it stands', async () => {
    const { order: placed, phone, task } = await claimedOrder(server, token, cast.projectId);
    await change('deactivateUser', person.id);
    expect(await statusOf(server, placed.id)).toBe('CANCELLED');
    expect(codeOf(await phone.tryActivate(task, phone.requestsFor(task)))).toBe(
      'ENROLMENT_CANCELLED',
    );
    expect(codeOf(await phone.tryClaim(placed.code))).toBe('ENROLMENT_CANCELLED');
  });

  test('has no code of his left that could be used', async () => {
    await server.graphql('mutation { sendEmailCode }', {}, { token });
    await change('deactivateUser', person.id);
    expect(
      await server.database.query(
        'SELECT id FROM one_time_code WHERE user_id = $1 AND closed_at IS NULL',
        [person.id],
      ),
    ).toEqual([]);
  });
});

describe('a user who is locked', () => {
  test('has his mobile IDs and certificates revoked, and his roles withdrawn, for good', async () => {
    await profile();
    await setRoles(person.id, ['OPERATOR']);
    expect((await change('lockUser', person.id)).data.lockUser).toEqual({
      state: 'LOCKED',
      roles: [],
    });
    expect(await stateOf(person.id)).toMatchObject({
      state: 'LOCKED',
      roles: [],
      profiles: [
        {
          state: 'REVOKED',
          certificates: certificates('REVOKED', 'privilegeWithdrawn', expect.any(String)),
        },
      ],
    });
    for (const field of ['activateUser', 'deactivateUser', 'lockUser'] as const) {
      expect(codeOf(await change(field, person.id))).toBe('INVALID_TRANSITION');
    }
    expect(codeOf(await setRoles(person.id, ['USER']))).toBe('INVALID_TRANSITION');
  });

  test('after he was deactivated has everything revoked as well', async () => {
    await profile();
    await change('deactivateUser', person.id);
    await change('lockUser', person.id);
    expect(await stateOf(person.id)).toMatchObject({
      profiles: [
        { state: 'REVOKED', certificates: [{ status: 'REVOKED' }, { status: 'REVOKED' }] },
      ],
    });
  });

  test('is out at once, while he is at work', async () => {
    const calls = await Promise.all([
      change('lockUser', person.id),
      ...Array.from({ length: 10 }, () =>
        order(server, token, { projectId: cast.projectId }).catch(() => null),
      ),
    ]);
    expect(calls).toHaveLength(11);
    const open = await server.database.query(
      'SELECT id FROM enrolment WHERE user_id = $1 AND completed_at IS NULL',
      [person.id],
    );
    expect(open).toEqual([]);
    expect(codeOf(await viewer(token))).toBe('UNAUTHENTICATED');
  });
});

describe('activating and locking at the same time', () => {
  test.each([1, 2, 3])('leave no valid certificate of a locked user (%i)', async () => {
    const { phone, task } = await claimedOrder(server, token, cast.projectId);
    await Promise.all([
      phone.tryActivate(task, phone.requestsFor(task)),
      change('lockUser', person.id),
    ]);
    const valid = await server.database.query(
      `SELECT c.id FROM certificate c JOIN profile p ON p.id = c.profile_id
       WHERE p.user_id = $1 AND (c.status = 'VALID' OR p.state = 'ACTIVE')`,
      [person.id],
    );
    expect(valid).toEqual([]);
  });
});

test('all that can happen to a user at the same time leaves him in one piece', async () => {
  const { projectId } = cast;
  const seen = new Set<string>();
  const note = ({ errors }: GraphqlAnswer<any>): void => {
    seen.add(errors[0]?.extensions.code ?? 'NONE');
  };
  const enrolling = async (): Promise<void> => {
    const fresh = await sessionOf(server, person.id).catch(() => null);
    if (fresh === null) return; // he is not active at this moment
    const placed = await order(server, fresh, { projectId }).catch(() => null);
    if (placed === null) return;
    const phone = new HonestOrNotPhone(server);
    const claimed = await phone.tryClaim(placed.code);
    note(claimed);
    const task = claimed.data?.claimEnrolment;
    if (task) note(await phone.tryActivate(task, phone.requestsFor(task)));
  };
  const standing = async (): Promise<void> => {
    note(await change('deactivateUser', person.id));
    note(await change('activateUser', person.id));
  };
  const address = async (i: number): Promise<void> => {
    note(
      await server.graphql(
        'mutation ($id: ID!, $email: String!) { updateUser(id: $id, input: { email: $email }) { id } }',
        { id: person.id, email: `a${String(i)}.${person.email}` },
        { token: cast.operator.token },
      ),
    );
    note(await setRoles(person.id, i % 2 === 0 ? ['USER'] : ['USER', 'OPERATOR']));
  };
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => [enrolling(), standing(), address(i), enrolling()]).flat(),
  );
  expect([...seen]).not.toContain('INTERNAL');
  const [row] = await server.database.query<{ open: number; astray: number }>(
    `SELECT (SELECT count(*)::int FROM enrolment WHERE user_id = $1 AND completed_at IS NULL) AS open,
            (SELECT count(*)::int FROM certificate c JOIN profile p ON p.id = c.profile_id
             WHERE p.user_id = $1 AND (c.status = 'VALID') <> (p.state = 'ACTIVE')) AS astray`,
    [person.id],
  );
  expect(row?.open).toBeLessThanOrEqual(1);
  expect(row?.astray).toBe(0);
});

describe('nobody changes a user with a role that he lacks', () => {
  test.each(['activateUser', 'deactivateUser', 'lockUser'] as const)('by %s', async (field) => {
    const chief = await createPerson(server, cast.admin, newName('chief'), ['ADMIN']);
    await settled(server.database);
    const before = await rowsOf(server.database);
    expect(codeOf(await change(field, chief.id))).toBe('FORBIDDEN');
    expect(await rowsOf(server.database)).toEqual(before);
  });

  test('by updateUser, which could send his codes elsewhere', async () => {
    const answer = await server.graphql(
      'mutation ($id: ID!) { updateUser(id: $id, input: { email: "olga@evil.example" }) { id } }',
      { id: cast.adminId },
      { token: cast.operator.token },
    );
    expect(codeOf(answer)).toBe('FORBIDDEN');
  });

  test('and operators give no roles, not even to themselves', async () => {
    expect(codeOf(await setRoles(cast.operator.id, ['ADMIN'], cast.operator.token))).toBe(
      'FORBIDDEN',
    );
  });
});

describe('the last administrator', () => {
  beforeEach(() =>
    server.database.query(
      `UPDATE app_user SET roles = '{USER}' WHERE 'ADMIN' = ANY(roles) AND username <> 'admin'`,
    ),
  );

  test('keeps his role, and is neither locked nor deactivated', async () => {
    const { id } = await createPerson(server, cast.admin, newName('second'), ['ADMIN']);
    const second = await sessionOf(server, id);
    expect((await setRoles(id, ['USER'], second)).errors).toEqual([]);
    await settled(server.database);
    const before = await rowsOf(server.database);
    expect(codeOf(await setRoles(cast.adminId, ['USER']))).toBe('CONFLICT');
    for (const field of ['deactivateUser', 'lockUser'] as const) {
      expect(['CONFLICT', 'FORBIDDEN']).toContain(
        codeOf(await change(field, cast.adminId, cast.admin)),
      );
    }
    expect(await rowsOf(server.database)).toEqual(before);
  });

  test('is one of two who try to strip each other at the same time', async () => {
    const { id } = await createPerson(server, cast.admin, newName('second'), ['ADMIN']);
    const second = await sessionOf(server, id);
    const answers = await Promise.all([
      setRoles(id, ['USER'], cast.admin),
      setRoles(cast.adminId, ['USER'], second),
    ]);
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    const left = await server.database.query(
      `SELECT id FROM app_user WHERE state = 'ACTIVE' AND 'ADMIN' = ANY(roles)`,
    );
    expect(left).toHaveLength(1);
    await server.database.query(`UPDATE app_user SET roles = '{ADMIN}' WHERE username = 'admin'`);
    await server.database.query(`UPDATE app_user SET roles = '{USER}' WHERE id = $1`, [id]);
  });
});

test('who loses his role loses what it opened at once', async () => {
  await setRoles(person.id, ['OPERATOR']);
  const ask = () => server.graphql('{ users { totalCount } }', {}, { token });
  expect((await ask()).errors).toEqual([]);
  await setRoles(person.id, ['USER']);
  expect(codeOf(await ask())).toBe('FORBIDDEN');
});

test('mobile IDs that run out are EXPIRED with their certificates, and make room for others', async () => {
  await profile();
  await server.database.query(`UPDATE profile SET valid_to = now() WHERE user_id = $1`, [
    person.id,
  ]);
  await server.database.query(
    `UPDATE certificate SET not_after = now() WHERE profile_id IN (SELECT id FROM profile WHERE user_id = $1)`,
    [person.id],
  );
  const { work, profiles } = server.app.services;
  const request = await work.systemRequest('test', 'expiry');
  await work.change(request, (scope) => profiles.expire(scope));
  expect(await stateOf(person.id)).toMatchObject({
    profiles: [{ state: 'EXPIRED', certificates: [{ status: 'EXPIRED' }, { status: 'EXPIRED' }] }],
  });
});
