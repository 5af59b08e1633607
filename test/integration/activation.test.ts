import { claimedOrder, gatherCast, order, statusOf, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
const claimed = () => claimedOrder(server, cast.alva.token, cast.projectId);

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

async function madeOf(enrolmentId: string): Promise<{ profiles: number; certificates: number }> {
  const [row] = await server.database.query<{ profiles: number; certificates: number }>(
    `SELECT count(DISTINCT p.id)::int AS profiles, count(c.id)::int AS certificates
     FROM profile p LEFT JOIN certificate c ON c.profile_id = p.id WHERE p.enrolment_id = $1`,
    [enrolmentId],
  );
  return row ?? { profiles: 0, certificates: 0 };
}

async function eventsOf(id: string): Promise<string[]> {
  const rows = await server.database.query<{ status: string }>(
    'SELECT status FROM enrolment_event WHERE enrolment_id = $1 ORDER BY number',
    [id],
  );
  return rows.map(({ status }) => status);
}

describe('an activation', () => {
  test('goes through SCANNED and ISSUING to ACTIVE, with one event each', async () => {
    const { order: placed, phone, task } = await claimed();
    const { data } = await phone.tryActivate(task, phone.requestsFor(task));
    expect(data.activateEnrolment).toMatchObject({
      encryptionKeys: [],
      profile: {
        state: 'ACTIVE',
        certificates: [
          { kind: 'AUTHENTICATION', status: 'VALID' },
          { kind: 'SIGNATURE', status: 'VALID' },
        ],
      },
    });
    expect(await eventsOf(placed.id)).toEqual(['WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE']);
  });

  test('repeated with the same requests, in any order, gives the same answer', async () => {
    const { phone, task } = await claimed();
    const requests = phone.requestsFor(task);
    const first = await phone.tryActivate(task, requests);
    const rows = await rowsOf(server.database);
    const again = await phone.tryActivate(task, [...requests].reverse());
    expect(again.errors).toEqual([]);
    expect(again.data).toEqual(first.data);
    expect(await rowsOf(server.database)).toEqual(rows);
  });

  test('repeated with other requests is ENROLMENT_COMPLETED', async () => {
    const { phone, task } = await claimed();
    await phone.tryActivate(task, phone.requestsFor(task));
    const rows = await rowsOf(server.database);
    expect(codeOf(await phone.tryActivate(task, phone.requestsFor(task)))).toBe(
      'ENROLMENT_COMPLETED',
    );
    expect(await rowsOf(server.database)).toEqual(rows);
  });

  test.each([2, 10])(
    'sent %i times at the same time makes one mobile ID with one set of certificates',
    async (times) => {
      const { order: placed, phone, task } = await claimed();
      const requests = phone.requestsFor(task);
      const answers = await Promise.all(
        Array.from({ length: times }, () => phone.tryActivate(task, requests)),
      );
      expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
      expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
      expect(await madeOf(placed.id)).toEqual({ profiles: 1, certificates: 2 });
      expect(await eventsOf(placed.id)).toHaveLength(4);
    },
  );

  test('sent ten times at the same time with other keys each makes one mobile ID', async () => {
    const { order: placed, phone, task } = await claimed();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => phone.tryActivate(task, phone.requestsFor(task))),
    );
    const refused = answers.filter(({ errors }) => errors.length > 0).map(codeOf);
    expect(refused).toHaveLength(9);
    expect(refused.filter((code) => code !== 'CONFLICT' && code !== 'ENROLMENT_COMPLETED')).toEqual(
      [],
    );
    expect(await madeOf(placed.id)).toEqual({ profiles: 1, certificates: 2 });
  });

  test('broken off after ISSUING is taken up by the same requests and by no others', async () => {
    const { order: placed, phone, task } = await claimed();
    const requests = phone.requestsFor(task);
    const limit = await holdAtIssuing(placed.id);
    const broken = await phone.tryActivate(task, requests);
    expect(codeOf(broken)).toBe('INTERNAL');
    await limit.release();
    expect(await statusOf(server, placed.id)).toBe('ISSUING');
    expect(codeOf(await phone.tryActivate(task, phone.requestsFor(task)))).toBe('CONFLICT');
    expect((await phone.tryActivate(task, requests)).errors).toEqual([]);
    expect(await madeOf(placed.id)).toEqual({ profiles: 1, certificates: 2 });
  });
});

describe('while the phone works', () => {
  const refusal = async (
    meanwhile: (id: string, userId: string) => Promise<unknown>,
  ): Promise<{ code: string; status: string | undefined }> => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await sessionOf(server, person.id);
    const { order: placed, phone, task } = await claimedOrder(server, token, cast.projectId);
    await meanwhile(placed.id, person.id);
    const answer = await phone.tryActivate(task, phone.requestsFor(task));
    expect(await madeOf(placed.id)).toEqual({ profiles: 0, certificates: 0 });
    return { code: codeOf(answer), status: await statusOf(server, placed.id) };
  };
  const asAdmin = (operation: string, variables: Record<string, unknown>) =>
    server.graphql(operation, variables, { token: cast.admin });

  test('the enrolment is cancelled: ENROLMENT_CANCELLED', async () => {
    const outcome = await refusal(async (id, userId) =>
      server.graphql(
        'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
        { id },
        { token: await sessionOf(server, userId) },
      ),
    );
    expect(outcome).toEqual({ code: 'ENROLMENT_CANCELLED', status: 'CANCELLED' });
  });

  test('its time runs out: ENROLMENT_EXPIRED', async () => {
    const { code } = await refusal((id) =>
      server.database.query('UPDATE enrolment SET expires_at = now() WHERE id = $1', [id]),
    );
    expect(code).toBe('ENROLMENT_EXPIRED');
  });

  test('a newer order takes its place: ENROLMENT_SUPERSEDED', async () => {
    const outcome = await refusal(async (_id, userId) =>
      tryOrder(server, await sessionOf(server, userId), { projectId: cast.projectId }),
    );
    expect(outcome).toEqual({ code: 'ENROLMENT_SUPERSEDED', status: 'SUPERSEDED' });
  });

  test('the user is locked: ENROLMENT_CANCELLED', async () => {
    const outcome = await refusal((_id, id) =>
      asAdmin('mutation ($id: ID!) { lockUser(id: $id, reason: "Left.") { id } }', { id }),
    );
    expect(outcome).toEqual({ code: 'ENROLMENT_CANCELLED', status: 'CANCELLED' });
  });

  test('the user is deactivated: ENROLMENT_CANCELLED', async () => {
    const outcome = await refusal((_id, id) =>
      asAdmin('mutation ($id: ID!) { deactivateUser(id: $id) { id } }', { id }),
    );
    expect(outcome).toEqual({ code: 'ENROLMENT_CANCELLED', status: 'CANCELLED' });
  });

  test.each([
    ['cancelled', 'ENROLMENT_CANCELLED'],
    ['expired', 'ENROLMENT_EXPIRED'],
    ['the user locked', 'ENROLMENT_CANCELLED'],
  ])('and is at ISSUING: %s still means that nothing is issued', async (what, expected) => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await sessionOf(server, person.id);
    const { order: placed, phone, task } = await claimedOrder(server, token, cast.projectId);
    const requests = phone.requestsFor(task);
    const limit = await holdAtIssuing(placed.id);
    await phone.tryActivate(task, requests);
    await limit.release();
    if (what === 'cancelled') {
      await server.graphql(
        'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
        { id: placed.id },
        { token },
      );
    } else if (what === 'expired') {
      await server.database.query('UPDATE enrolment SET expires_at = now() WHERE id = $1', [
        placed.id,
      ]);
    } else {
      await asAdmin('mutation ($id: ID!) { lockUser(id: $id, reason: "Left.") { id } }', {
        id: person.id,
      });
    }
    expect(codeOf(await phone.tryActivate(task, requests))).toBe(expected);
    expect(await madeOf(placed.id)).toEqual({ profiles: 0, certificates: 0 });
  });

  test('the last mobile ID that the project allows is made elsewhere: PROFILE_LIMIT_REACHED, and the enrolment has FAILED', async () => {
    const projectId = await createProject(server, cast.admin, newName('one'), {
      maxProfilesPerUser: 1,
      notifyOnFailure: true,
    });
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await sessionOf(server, person.id);
    const { order: placed, phone, task } = await claimedOrder(server, token, projectId);
    await copyProfileInto(projectId, person.id);
    const requests = phone.requestsFor(task);
    expect(codeOf(await phone.tryActivate(task, requests))).toBe('PROFILE_LIMIT_REACHED');
    expect(codeOf(await phone.tryActivate(task, requests))).toBe('PROFILE_LIMIT_REACHED');
    expect(await statusOf(server, placed.id)).toBe('FAILED');
    const { data } = await server.graphql(
      'query ($id: ID!) { enrolment(id: $id) { failure { code message } } }',
      { id: placed.id },
      { token },
    );
    expect(data.enrolment.failure).toEqual({
      code: 'PROFILE_LIMIT_REACHED',
      message: 'This user has as many mobile IDs as allowed.',
    });
    expect((await server.mailTo(person.email)).subject).not.toBe('');
    expect(codeOf(await tryOrder(server, token, { projectId }))).toBe('PROFILE_LIMIT_REACHED');
  });
});

describe('a newer order and an activation at the same time', () => {
  test.each([1, 2, 3, 4, 5])('end one way or the other (%i)', async () => {
    const { order: older, phone, task } = await claimed();
    const [activated, newer] = await Promise.all([
      phone.tryActivate(task, phone.requestsFor(task)),
      order(server, cast.alva.token, { projectId: cast.projectId }),
    ]);
    const [error] = activated.errors;
    const outcome = [
      error?.extensions.code ?? 'ACTIVATED',
      await statusOf(server, older.id),
      await madeOf(older.id),
    ];
    expect([
      ['ACTIVATED', 'ACTIVE', { profiles: 1, certificates: 2 }],
      ['ENROLMENT_SUPERSEDED', 'SUPERSEDED', { profiles: 0, certificates: 0 }],
    ]).toContainEqual(outcome);
    expect(await statusOf(server, newer.id)).toBe('WAITING_FOR_SCAN');
  });
});

test('ten orders of one user at the same time leave one open', async () => {
  const placed = await Promise.all(
    Array.from({ length: 10 }, () =>
      order(server, cast.other.token, { projectId: cast.projectId }),
    ),
  );
  const statuses = await Promise.all(placed.map(({ id }) => statusOf(server, id)));
  expect(statuses.filter((status) => status === 'SUPERSEDED')).toHaveLength(9);
  expect(statuses.filter((status) => status === 'WAITING_FOR_SCAN')).toHaveLength(1);
});

test('a phone may cancel what it has claimed, by its own token', async () => {
  const { order: placed, phone, task } = await claimed();
  const { errors } = await server.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }',
    { id: placed.id },
    { deviceToken: task.deviceToken },
  );
  expect(errors).toEqual([]);
  expect(await statusOf(server, placed.id)).toBe('CANCELLED');
  expect(codeOf(await phone.tryActivate(task, phone.requestsFor(task)))).toBe(
    'ENROLMENT_CANCELLED',
  );
});

test('a success is told by mail where the project says so, and only there', async () => {
  const loud = await createPerson(server, cast.admin, newName('loud'));
  const quiet = await createPerson(server, cast.admin, newName('quiet'));
  const silent = await createProject(server, cast.admin, newName('silent'), {
    notifyOnSuccess: false,
  });
  for (const [person, projectId] of [
    [quiet, silent],
    [loud, cast.projectId],
  ] as const) {
    const token = await sessionOf(server, person.id);
    const placed = await order(server, token, { projectId });
    await new HonestOrNotPhone(server).enrol(placed.code);
  }
  await server.mailTo(loud.email);
  expect((await server.mails()).filter(({ to }) => to.includes(quiet.email))).toEqual([]);
});

/** Makes the second transaction of this enrolment's activation break, as a crash would, until it is released. */
async function holdAtIssuing(id: string): Promise<{ release: () => Promise<unknown> }> {
  const name = newName('hold').replaceAll('-', '_');
  await server.database.query(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN IF NEW.enrolment_id = '${id}' THEN RAISE EXCEPTION 'held'; END IF; RETURN NEW; END $$`,
  );
  await server.database.query(
    `CREATE TRIGGER ${name} BEFORE INSERT ON profile FOR EACH ROW EXECUTE FUNCTION ${name}()`,
  );
  return { release: () => server.database.query(`DROP FUNCTION ${name}() CASCADE`) };
}

/** As if the user had got a mobile ID in this project in the meantime. */
async function copyProfileInto(projectId: string, userId: string): Promise<void> {
  const { phone, task } = await claimed();
  await phone.tryActivate(task, phone.requestsFor(task));
  const copied = await eventually(async () => {
    const rows = await server.database.query(
      `INSERT INTO profile SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(),
         'project_id', $1::text, 'user_id', $2::text, 'enrolment_id', gen_random_uuid()))).*
       FROM profile p ORDER BY created_at DESC LIMIT 1 RETURNING id`,
      [projectId, userId],
    );
    return rows[0];
  });
  expect(copied).toBeDefined();
}
