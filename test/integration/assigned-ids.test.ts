import { randomUUID } from 'node:crypto';
import type { ProfileId, ProjectId } from '../../src/kernel/ids';
import { assignedIdOf, changeId, SelfRegisteredPhone } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { createSelfRegistration } from '../helpers/self-registration';
import { eventually, startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const newPhone = (): SelfRegisteredPhone => new SelfRegisteredPhone(server);
const stands = (projectId: string, value: string): Promise<any> =>
  assignedIdOf(server, cast.operator.token, projectId, value);

/** One activation's part: the ID, and the mobile ID that it stands for. Fails afterwards where it is told to. */
async function activation(
  projectId: string,
  deviceThumbprint: string,
  { fails = false } = {},
): Promise<string> {
  const { work, assignedIds } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  return work.change(request, async (scope) => {
    const phone = { projectId: projectId as ProjectId, deviceThumbprint };
    const assigned = await assignedIds.assign(scope, phone);
    if (fails) throw new Error('The activation fails.');
    await assignedIds.bind(scope, assigned, randomUUID() as ProfileId);
    return assigned.value;
  });
}

async function profileOf(id: string): Promise<any> {
  const { data, errors } = await server.graphql(
    `query ($id: ID!) { profile(id: $id) { state assignedId { value status } certificates { status revocationReason } } }`,
    { id },
    { token: cast.operator.token },
  );
  expect(errors).toEqual([]);
  return data.profile;
}

async function changeProfile(change: string, id: string): Promise<void> {
  const { errors } = await server.graphql(
    `mutation ($id: ID!) { ${change}(id: $id) { id } }`,
    { id },
    { token: cast.operator.token },
  );
  expect(errors).toEqual([]);
}

async function runOut(profileId: string): Promise<void> {
  await server.database.query(
    `UPDATE profile SET valid_to = now() - interval '1 second' WHERE id = $1`,
    [profileId],
  );
  const { work, profiles } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  await work.change(request, (scope) => profiles.expire(scope));
}

describe('the ID of a phone', () => {
  test('is the next one, told to the phone with its mobile ID', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin, {
      firstId: 7,
      idPrefix: 'V-',
      idWidth: 4,
    });
    const first = await newPhone().register(code);
    const second = await newPhone().register(code);
    expect(first.assignedId).toMatchObject({ number: 7, value: 'V-0007', status: 'ASSIGNED' });
    expect(second.assignedId).toMatchObject({ number: 8, value: 'V-0008', hostReference: null });
    expect(await stands(projectId, 'V-0007')).toMatchObject({
      number: 7,
      status: 'ASSIGNED',
      hostReference: null,
      confirmedAt: null,
      revokedAt: null,
      profile: { id: first.id, state: 'ACTIVE', device: { name: 'Phone under test' } },
    });
  });

  test('is each number once, whatever fails in between', async () => {
    const { projectId } = await createSelfRegistration(server, cast.admin);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) =>
        activation(projectId, `phone-${String(i)}`, { fails: i % 3 === 0 }),
      ),
    );
    const values = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [Number(outcome.value)] : [],
    );
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test('is one, however often the phone is activated at once', async () => {
    const { projectId } = await createSelfRegistration(server, cast.admin);
    const values = await Promise.all(
      Array.from({ length: 20 }, () => activation(projectId, 'the-same-phone')),
    );
    expect(new Set(values)).toEqual(new Set(['1']));
    expect(await activation(projectId, 'another-phone')).toBe('2');
  });

  test('is another in another project', async () => {
    const [one, two] = [
      await createSelfRegistration(server, cast.admin, { firstId: 10 }),
      await createSelfRegistration(server, cast.admin, { firstId: 20 }),
    ];
    const phone = newPhone();
    expect((await phone.register(one.code)).assignedId.value).toBe('10');
    expect((await phone.register(two.code)).assignedId.value).toBe('20');
  });
});

describe('a phone that is activated again', () => {
  test('keeps its ID with what the host said of it, and gets a new mobile ID in place of the old one', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const earlier = await phone.register(code);
    const named = { projectId, value: '1', hostReference: 'customer 4711' };
    await changeId(server, cast.operator.token, 'confirmAssignedId', named);
    const present = await phone.register(code);
    expect(present.assignedId).toMatchObject({ value: '1', status: 'CONFIRMED' });
    expect(present.id).not.toBe(earlier.id);
    expect(await stands(projectId, '1')).toMatchObject({
      status: 'CONFIRMED',
      hostReference: 'customer 4711',
      profile: { id: present.id, state: 'ACTIVE' },
    });
    const { certificates, ...replaced } = await profileOf(earlier.id as string);
    expect(replaced).toEqual({ state: 'REVOKED', assignedId: { value: '1', status: 'CONFIRMED' } });
    for (const { revocationReason } of certificates) expect(revocationReason).toBe('superseded');
  });

  test('while an operator revokes its mobile ID ends with an ID that stands, or with the next one', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phones = Array.from({ length: 6 }, newPhone);
    const profiles = await Promise.all(phones.map((phone) => phone.register(code)));
    const again = await Promise.all([
      ...phones.map((phone) => phone.register(code)),
      ...profiles.map(({ id }) => changeProfile('revokeProfile', id as string)),
    ]);
    for (const profile of again.slice(0, phones.length)) {
      const { value } = profile.assignedId;
      expect(await stands(projectId, value as string)).toMatchObject({
        status: 'ASSIGNED',
        profile: { id: profile.id, state: 'ACTIVE' },
      });
    }
  });
});

/** Until a statement that has this in it waits for a lock. */
async function waiting(part: string): Promise<void> {
  await eventually(async () => {
    const [row] = await server.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query LIKE '%' || $1 || '%'`,
      [part],
    );
    return row;
  });
}

describe('an ID that is revoked while its phone is being activated again', () => {
  test('goes with the mobile ID that the phone has got', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    await phone.register(code);
    const { work } = server.app.services;
    const request = await work.systemRequest('test', randomUUID());
    const [activated, revoked] = await work.change(request, async (scope) => {
      await scope.sql('test.lock', 'LOCK TABLE certificate IN SHARE MODE', []);
      const activation = phone.register(code);
      await waiting('INSERT INTO certificate');
      const named = { projectId, value: '1' };
      const revocation = changeId(server, cast.operator.token, 'revokeAssignedId', named);
      await Promise.race([waiting('pg_advisory_xact_lock'), waiting('FROM profile WHERE id')]);
      return [activation, revocation] as const;
    });
    const { id } = await activated;
    const { data, errors } = await revoked;
    expect(errors).toEqual([]);
    expect(data.revokeAssignedId).toMatchObject({
      status: 'REVOKED',
      profile: { id, state: 'REVOKED' },
    });
  });

  test('is revoked in every case, many at once', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phones = Array.from({ length: 6 }, newPhone);
    const profiles = await Promise.all(phones.map((phone) => phone.register(code)));
    const values = profiles.map(({ assignedId }) => assignedId.value as string);
    const [again, revoked] = await Promise.all([
      Promise.all(phones.map((phone) => phone.register(code))),
      Promise.all(
        values.map((value) =>
          changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value }),
        ),
      ),
    ]);
    expect(revoked.flatMap(({ errors }) => errors)).toEqual([]);
    for (const value of values) {
      expect(await stands(projectId, value)).toMatchObject({
        status: 'REVOKED',
        profile: { state: 'REVOKED' },
      });
    }
    expect(again).toHaveLength(phones.length);
  });
});

describe('the end of a mobile ID', () => {
  test.each(['revokeProfile', 'revokeAssignedId'])(
    'by %s takes its ID along: nobody gets it again, and the phone gets the next',
    async (change) => {
      const { projectId, code } = await createSelfRegistration(server, cast.admin);
      const phone = newPhone();
      const { id } = await phone.register(code);
      if (change === 'revokeProfile') await changeProfile(change, id as string);
      else
        await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value: '1' });
      expect(await stands(projectId, '1')).toMatchObject({
        status: 'REVOKED',
        revokedAt: expect.any(String) as string,
        profile: { id, state: 'REVOKED' },
      });
      expect((await phone.register(code)).assignedId.value).toBe('2');
      expect((await newPhone().register(code)).assignedId.value).toBe('3');
    },
  );

  test('by running out leaves its ID to the phone, which may be activated again', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const { id } = await phone.register(code);
    await runOut(id as string);
    expect(await stands(projectId, '1')).toMatchObject({
      status: 'ASSIGNED',
      profile: { state: 'EXPIRED' },
    });
    expect((await phone.register(code)).assignedId.value).toBe('1');
  });

  test('by suspension says nothing of its ID', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const { id } = await newPhone().register(code);
    await changeProfile('deactivateProfile', id as string);
    expect(await stands(projectId, '1')).toMatchObject({ status: 'ASSIGNED' });
    await changeProfile('reactivateProfile', id as string);
    expect(await stands(projectId, '1')).toMatchObject({ profile: { state: 'ACTIVE' } });
  });

  test('an ID whose mobile ID has run out can be revoked all the same, and twice', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const { id } = await newPhone().register(code);
    await runOut(id as string);
    const revoke = (): Promise<any> =>
      changeId(server, cast.operator.token, 'revokeAssignedId', {
        projectId,
        value: '1',
        reason: 'The card was lost.',
      });
    const [first, second] = [await revoke(), await revoke()];
    expect(first.errors).toEqual([]);
    expect(second.data).toEqual(first.data);
    expect(second.data.revokeAssignedId).toMatchObject({
      status: 'REVOKED',
      profile: { state: 'EXPIRED' },
    });
    const entries = await server.database.query<{ action: string; detail: string }>(
      `SELECT action, detail FROM audit_entry WHERE target = 'assigned-id:' || $1 ORDER BY id`,
      [first.data.revokeAssignedId.id],
    );
    expect(entries).toEqual([
      { action: 'assigned-id.assign', detail: `1 profile:${String(id)}` },
      { action: 'assigned-id.revoke', detail: '1 The card was lost.' },
    ]);
  });
});
