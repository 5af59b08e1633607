import { randomUUID } from 'node:crypto';
import { assignedIdOf, changeId, plantIds, SelfRegisteredPhone } from '../helpers/assigned-ids';
import { gatherCast, order, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';
import { ecKey } from '../unit/certificates/request-builder';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());
beforeEach(() => forgetAttempts(server.database));

async function registered(): Promise<{ phone: SelfRegisteredPhone; projectId: string }> {
  const { projectId, code } = await createSelfRegistration(server, cast.admin);
  const phone = new SelfRegisteredPhone(server);
  await phone.register(code);
  return { phone, projectId };
}

async function lastSeen(projectId: string): Promise<number> {
  const { lastSeenAt } = await assignedIdOf(server, cast.operator.token, projectId, '1');
  return Date.parse(lastSeenAt as string);
}

async function seenBefore(projectId: string, interval: string): Promise<number> {
  await server.database.query(
    `UPDATE assigned_id SET last_seen_at = now() - $2::interval WHERE project_id = $1`,
    [projectId, interval],
  );
  return lastSeen(projectId);
}

describe('a phone that reports in', () => {
  test('was seen when it was activated, and is again an hour later', async () => {
    const { phone, projectId } = await registered();
    expect(await lastSeen(projectId)).toBeGreaterThan(Date.now() - 60_000);
    const before = await seenBefore(projectId, '61 minutes');
    expect((await phone.report()).data.reportDevice).toBe(true);
    expect(await lastSeen(projectId)).toBeGreaterThan(before + 3_600_000);
  });

  test('within the hour is answered, and nothing is noted', async () => {
    const { phone, projectId } = await registered();
    const before = await seenBefore(projectId, '59 minutes');
    const answers = [await phone.report(), await phone.report()];
    expect(answers.map(({ data }) => data.reportDevice)).toEqual([true, true]);
    expect(await lastSeen(projectId)).toBe(before);
  });

  test('is noted for its own ID alone, in every project it has one', async () => {
    const [one, two] = [
      await createSelfRegistration(server, cast.admin),
      await createSelfRegistration(server, cast.admin),
    ];
    const phone = new SelfRegisteredPhone(server);
    await phone.register(one.code);
    await phone.register(two.code);
    await plantIds(server, one.projectId, { first: 2, count: 1 });
    const [first, second] = [
      await seenBefore(one.projectId, '2 days'),
      await seenBefore(two.projectId, '3 days'),
    ];
    await phone.report();
    expect(await lastSeen(one.projectId)).toBeGreaterThan(first);
    expect(await lastSeen(two.projectId)).toBeGreaterThan(second);
    const planted = await assignedIdOf(server, cast.operator.token, one.projectId, '2');
    expect(Date.parse(planted.lastSeenAt as string)).toBe(first);
  });

  test('leaves no entry in the audit log, and no event', async () => {
    const { phone, projectId } = await registered();
    await seenBefore(projectId, '1 day');
    const count = async (): Promise<unknown> =>
      server.database.query(
        'SELECT (SELECT count(*) FROM audit_entry) AS entries, (SELECT count(*) FROM assigned_id_event) AS events',
      );
    const before = await count();
    await phone.report();
    expect(await count()).toEqual(before);
  });

  test('learns that its ID is revoked, and is not noted any more', async () => {
    const { phone, projectId } = await registered();
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value: '1' });
    const before = await seenBefore(projectId, '1 day');
    expect((await phone.report()).data.reportDevice).toBe(false);
    expect(await lastSeen(projectId)).toBe(before);
  });

  test('without an ID here is answered no: a stranger, and a phone of a MANAGED project', async () => {
    expect((await new SelfRegisteredPhone(server).report()).data.reportDevice).toBe(false);
    const phone = new SelfRegisteredPhone(server);
    const placed = await order(server, cast.alva.token, { projectId: cast.projectId });
    await phone.enrol(placed.code);
    expect((await phone.report()).data.reportDevice).toBe(false);
  });
});

describe('a proof is refused', () => {
  const minutesAgo = (minutes: number): number => Math.floor(Date.now() / 1000) - minutes * 60;

  test.each([
    ['made for another server', { aud: 'https://other.example' }, {}, 'AUDIENCE'],
    ['made long ago', { iat: minutesAgo(3) }, {}, 'TIME'],
    ['made ahead of time', { iat: minutesAgo(-3) }, {}, 'TIME'],
    ['without a time', { iat: undefined }, {}, 'TIME'],
    ['made to claim a code', {}, { typ: 'claim+jwt' }, 'FORM'],
    [
      'whose key is private as well',
      {},
      { jwk: ecKey().export({ format: 'jwk' }) },
      expect.any(String) as string,
    ],
  ])('that was %s', async (_, claims, header, reason) => {
    const { phone, projectId } = await registered();
    const before = await seenBefore(projectId, '1 day');
    const { errors } = await phone.report(phone.reportProof(claims, header));
    expect(errors[0]?.extensions).toMatchObject({ code: 'DEVICE_PROOF_REJECTED', reason });
    expect(await lastSeen(projectId)).toBe(before);
  });

  test('that somebody else signed in the name of the phone', async () => {
    const { phone, projectId } = await registered();
    const before = await seenBefore(projectId, '1 day');
    const forged = phone.proof('', {
      header: { typ: 'report+jwt' },
      claims: { cth: undefined },
      signer: new HonestOrNotPhone(server).key,
    });
    const { errors } = await phone.report(forged);
    expect(errors[0]?.extensions).toMatchObject({ reason: 'SIGNATURE' });
    expect(await lastSeen(projectId)).toBe(before);
  });

  test.each(['', 'nonsense', 'a'.repeat(5000), 'a.b.c'])('that is none: %#', async (proof) => {
    const answer = await new SelfRegisteredPhone(server).report(proof);
    expect(codeOf(answer)).toBe('DEVICE_PROOF_REJECTED');
  });

  test('without end from one address, until it is told to wait', async () => {
    const phone = new SelfRegisteredPhone(server);
    const codes: string[] = [];
    for (let i = 0; i < 122; i += 1) codes.push(codeOf(await phone.report(randomUUID())));
    expect([codes[0], codes.at(-1)]).toEqual(['DEVICE_PROOF_REJECTED', 'RATE_LIMITED']);
    expect(codeOf(await phone.report())).toBe('RATE_LIMITED');
  });
});
