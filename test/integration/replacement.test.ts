import { DomainError } from '../../src/kernel/errors';
import { API_SCOPES } from '../../src/kernel/api-scopes';
import { accessToken, createClient } from '../helpers/api-clients';
import { claimedOrder, gatherCast, order, statusOf, tryOrder, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import {
  AnyAnswerPhone,
  finishProof,
  readChallenge,
  sendAnswer,
  startProof,
} from '../helpers/mobile-id';
import { newName, orderOf } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import {
  auditOf,
  enrol,
  holderOf,
  moveProfile,
  standingOf,
  type Holder,
} from '../helpers/profiles';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
/** One mobile ID for each user. */
let projectId: string;
let holder: Holder;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  projectId = await createProject(server, cast.admin, newName('one'), {
    maxProfilesPerUser: 1,
    channels: ['SCREEN', 'EMAIL'],
  });
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  holder = await holderOf(server, { ...cast, projectId });
});
afterAll(() => server.stop());

const tryReplace = (
  more: Readonly<Record<string, unknown>> = {},
  token = holder.token,
): Promise<GraphqlAnswer<any>> =>
  tryOrder(server, token, { projectId, replacesProfileId: holder.profileId, ...more });
const replacing = async (more: Readonly<Record<string, unknown>> = {}) => {
  const { data, errors } = await tryReplace(more);
  expect(errors).toEqual([]);
  const placed = orderOf(data.startEnrolment);
  const phone = new HonestOrNotPhone(server);
  return { placed, phone, task: await phone.claim(placed.code) };
};
const standing = (id = holder.profileId) => standingOf(server, id);
const living = async (): Promise<string[]> => {
  const rows = await server.database.query<{ id: string }>(
    `SELECT id FROM profile WHERE user_id = $1 AND state IN ('ACTIVE', 'INACTIVE')`,
    [holder.id],
  );
  return rows.map(({ id }) => id);
};
const ACTIVE = { state: 'ACTIVE', certificates: ['VALID'] };
const SUPERSEDED = { state: 'REVOKED', certificates: ['REVOKED'], reasons: ['superseded'] };

describe('a mobile ID that replaces another', () => {
  test('revokes it when it becomes active itself, and not before', async () => {
    const { placed, phone, task } = await replacing();
    expect(await standing()).toMatchObject(ACTIVE);
    const { data } = await phone.tryActivate(task, phone.requestsFor(task));
    const successor = data.activateEnrolment.profile.id as string;
    expect(await standing()).toMatchObject(SUPERSEDED);
    expect(await standing(successor)).toMatchObject(ACTIVE);
    expect(await auditOf(server, holder.profileId)).toEqual([
      {
        actor: 'anonymous',
        action: 'profile.revoke',
        detail: `replaced by profile:${successor}`,
      },
    ]);
    const shown = await server.graphql(
      'query ($id: ID!) { enrolment(id: $id) { replaces { id state } profile { id } } }',
      { id: placed.id },
      { token: holder.token },
    );
    expect(shown.data.enrolment).toEqual({
      replaces: { id: holder.profileId, state: 'REVOKED' },
      profile: { id: successor },
    });
  });

  test('does not count beside it, while another one would', async () => {
    expect(codeOf(await tryOrder(server, holder.token, { projectId }))).toBe(
      'PROFILE_LIMIT_REACHED',
    );
    await replacing();
    expect(await living()).toEqual([holder.profileId]);
  });

  test('is of the same project, where none is named', async () => {
    const { data, errors } = await tryReplace({ projectId: null });
    expect(errors).toEqual([]);
    const [row] = await server.database.query<{ project_id: string }>(
      'SELECT project_id FROM enrolment WHERE id = $1',
      [data.startEnrolment.enrolment.id],
    );
    expect(row?.project_id).toBe(projectId);
  });

  test.each(['SCANNED', 'cancelled'])(
    'leaves it alone where its enrolment ends %s',
    async (end) => {
      const { placed } = await replacing();
      if (end === 'cancelled') {
        await server.graphql(
          'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
          { id: placed.id },
          { token: holder.token },
        );
      }
      expect(await standing()).toMatchObject(ACTIVE);
    },
  );

  test('leaves it alone where its certificates cannot be issued', async () => {
    const { placed, phone, task } = await replacing();
    const requests = phone.requestsFor(task);
    const { issuance } = server.app.services;
    const issue = jest
      .spyOn(issuance.authority, 'issue')
      .mockRejectedValueOnce(new DomainError('CSR_REJECTED'));
    expect(codeOf(await phone.tryActivate(task, requests))).toBe('CSR_REJECTED');
    issue.mockRestore();
    expect(await standing()).toMatchObject(ACTIVE);
    expect(await statusOf(server, placed.id)).toBe('ISSUING');
    expect((await phone.tryActivate(task, requests)).errors).toEqual([]);
    expect(await living()).toHaveLength(1);
  });

  test('sent ten times at the same time revokes it once', async () => {
    const { phone, task } = await replacing();
    const requests = phone.requestsFor(task);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => phone.tryActivate(task, requests)),
    );
    expect(new Set(answers.map(({ data }) => data.activateEnrolment.profile.id)).size).toBe(1);
    expect(await auditOf(server, holder.profileId)).toHaveLength(1);
    expect(await living()).toHaveLength(1);
  });
});

describe('what is replaced may end or change meanwhile', () => {
  test.each(['revokeProfile', 'deactivateProfile', 'deactivateMyProfile'] as const)(
    'by %s',
    async (move) => {
      const { phone, task } = await replacing();
      const token = move === 'deactivateMyProfile' ? holder.token : cast.operator.token;
      await moveProfile(server, move, holder.profileId, { token });
      const answer = await phone.tryActivate(task, phone.requestsFor(task));
      expect(answer.errors).toEqual([]);
      expect((await standing()).state).toBe('REVOKED');
      const reason = move === 'revokeProfile' ? 'unspecified' : 'superseded';
      expect((await standing()).reasons).toEqual([reason]);
    },
  );

  test('by running out', async () => {
    const { phone, task } = await replacing();
    await server.database.query(
      `UPDATE profile SET state = 'EXPIRED', valid_to = now() WHERE id = $1`,
      [holder.profileId],
    );
    expect((await phone.tryActivate(task, phone.requestsFor(task))).errors).toEqual([]);
    expect((await standing()).state).toBe('EXPIRED');
  });

  test.each([1, 2, 3])('by being revoked at the same time (%i)', async () => {
    const { phone, task } = await replacing();
    const [activated, revoked] = await Promise.all([
      phone.tryActivate(task, phone.requestsFor(task)),
      moveProfile(server, 'revokeProfile', holder.profileId, { token: cast.operator.token }),
    ]);
    expect([...activated.errors, ...revoked.errors]).toEqual([]);
    expect(await auditOf(server, holder.profileId)).toHaveLength(1);
    expect(await living()).toHaveLength(1);
  });

  test('by the user being locked at the same time', async () => {
    const { phone, task } = await replacing();
    await Promise.all([
      phone.tryActivate(task, phone.requestsFor(task)),
      server.graphql(
        'mutation ($id: ID!) { lockUser(id: $id, reason: "Left.") { id } }',
        { id: holder.id },
        { token: cast.operator.token },
      ),
    ]);
    expect(await living()).toEqual([]);
  });

  test('by another order, which takes the place of the first', async () => {
    const first = await replacing();
    const second = await replacing();
    expect(
      codeOf(await first.phone.tryActivate(first.task, first.phone.requestsFor(first.task))),
    ).toBe('ENROLMENT_SUPERSEDED');
    expect(
      (await second.phone.tryActivate(second.task, second.phone.requestsFor(second.task))).errors,
    ).toEqual([]);
    expect(codeOf(await tryReplace())).toBe('INVALID_TRANSITION');
    expect(await living()).toHaveLength(1);
  });

  test('by many orders and activations at the same time, which leave one', async () => {
    const work = async (): Promise<void> => {
      const { data } = await tryReplace();
      if (!data) return;
      const phone = new HonestOrNotPhone(server);
      const claimed = await phone.tryClaim(orderOf(data.startEnrolment).code);
      const task = claimed.data?.claimEnrolment;
      if (!task) return;
      const { errors } = await phone.tryActivate(task, phone.requestsFor(task));
      expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL');
    };
    await Promise.all(Array.from({ length: 6 }, work));
    expect(await living()).toHaveLength(1);
  });
});

describe('refused is replacing', () => {
  test("another user's mobile ID, which looks like none", async () => {
    expect(codeOf(await tryReplace({}, cast.alva.token))).toBe('NOT_FOUND');
    expect(codeOf(await tryReplace({ replacesProfileId: 'nothing' }))).toBe('NOT_FOUND');
  });

  test('one of another project', async () => {
    const elsewhere = await enrol(server, holder.token, { projectId: cast.projectId });
    const { errors } = await tryReplace({ replacesProfileId: elsewhere });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'input.replacesProfileId' }],
    });
  });

  test.each([
    ['is revoked', `state = 'REVOKED'`],
    ['has run out', `state = 'EXPIRED', valid_to = now()`],
    ['has run out just now', `valid_to = now()`],
  ])('one that %s', async (_, change) => {
    await server.database.query(`UPDATE profile SET ${change} WHERE id = $1`, [holder.profileId]);
    const { errors } = await tryReplace();
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_TRANSITION', to: 'REVOKED' });
  });
});

describe('an idempotency key', () => {
  const idempotencyKey = 'once';

  test('gives the same enrolment again, even after what it replaces is gone', async () => {
    const order = { idempotencyKey, declaredLost: ['PHONE', 'EMAIL'] };
    const { placed, phone, task } = await replacing(order);
    const again = () => tryReplace({ idempotencyKey, declaredLost: ['EMAIL', 'PHONE', 'EMAIL'] });
    expect((await again()).data.startEnrolment.enrolment.id).toBe(placed.id);
    await phone.tryActivate(task, phone.requestsFor(task));
    expect((await again()).data.startEnrolment.enrolment.id).toBe(placed.id);
  });

  test('is not good for an order that replaces or loses something else', async () => {
    await replacing({ idempotencyKey });
    const others = [{ replacesProfileId: null }, { declaredLost: ['PHONE'] }];
    for (const other of others) {
      const answer = await tryReplace({ idempotencyKey, ...other });
      expect(codeOf(answer)).toBe('CONFLICT');
    }
  });
});

describe('for somebody else', () => {
  const START = `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
    startEnrolmentForUser(userId: $userId, input: $input) { watchToken enrolment { id channel qr { uri } } } }`;
  const supply = (
    token: string,
    more: Readonly<Record<string, unknown>> = {},
    userId = holder.id,
  ): Promise<GraphqlAnswer<any>> =>
    server.graphql(
      START,
      { userId, input: { projectId, replacesProfileId: holder.profileId, ...more } },
      { token },
    );

  test('an operator replaces it the same way', async () => {
    const { data, errors } = await supply(cast.operator.token);
    expect(errors).toEqual([]);
    await new HonestOrNotPhone(server).enrol(orderOf(data.startEnrolmentForUser).code);
    expect(await standing()).toMatchObject(SUPERSEDED);
  });

  test("an operator does not replace one user's mobile ID by another's", async () => {
    expect(codeOf(await supply(cast.operator.token, {}, cast.alva.id))).toBe('NOT_FOUND');
  });

  test('an operator who orders for himself proves it without what is replaced', async () => {
    holder = await holderOf(server, { ...cast, projectId }, ['OPERATOR']);
    const token = await sessionOf(server, holder.id, ['PASSWORD']);
    await prove(holder.id, 'EMAIL_CODE', holder.email);
    expect((await supply(token)).errors).toEqual([]);
    const { errors } = await supply(token, { declaredLost: ['EMAIL'] });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'INSUFFICIENT_USER_AUTHENTICATION',
      resource: '/operator/mobile-id/supply',
    });
  });

  test('an API client replaces within its projects', async () => {
    const scopes = API_SCOPES.filter((scope) => scope !== 'users:write');
    const inside = await createClient(server, cast.admin, { scopes, projectIds: [projectId] });
    const outside = await createClient(server, cast.admin, {
      scopes,
      projectIds: [cast.projectId],
    });
    const by = async (client: typeof inside, more = {}) =>
      supply(await accessToken(server, client), more);
    expect(codeOf(await by(outside, { projectId: null }))).toBe('NOT_FOUND');
    expect(codeOf(await by(outside, { projectId: cast.projectId }))).toBe('NOT_FOUND');
    expect((await by(inside)).errors).toEqual([]);
  });

  test('the code does not go to an address that is lost', async () => {
    const lost = { channel: 'EMAIL', declaredLost: ['EMAIL'] };
    expect(codeOf(await supply(cast.operator.token, lost))).toBe('CHANNEL_NOT_AVAILABLE');
    const other = { channel: 'EMAIL', declaredLost: ['PHONE'] };
    expect((await supply(cast.operator.token, other)).errors).toEqual([]);
  });
});

/** Adds a proof to all sessions of a user. */
async function prove(userId: string, method: string, credential: string): Promise<void> {
  await server.database.query(
    `INSERT INTO session_evidence (session_id, method, provider, credential, at)
     SELECT id, $2, '', $3, now() FROM session WHERE user_id = $1 AND ended_at IS NULL`,
    [userId, method, credential],
  );
}

describe('what proves nothing', () => {
  const ACCESS = `query ($resource: String!, $replacesProfileId: ID, $declaredLost: [LostContact!], $recoverCertificateIds: [ID!]) {
    resourceAccess(resource: $resource, replacesProfileId: $replacesProfileId, declaredLost: $declaredLost,
      recoverCertificateIds: $recoverCertificateIds) {
      outcome missing { anyOf { method reason option { method } } } } }`;
  const accessTo = async (resource: string, more: object = {}) => {
    const { data, errors } = await server.graphql(ACCESS, { resource, ...more }, { token });
    expect(errors).toEqual([]);
    return data.resourceAccess;
  };
  let token: string;
  const reasonsIn = (missing: any): Record<string, string> =>
    Object.fromEntries(missing[0].anyOf.map(({ method, reason }: any) => [method, reason]));

  /** A rule as strict administrators write it: the mobile ID counts for ordering, too. */
  async function alsoByMobileId(): Promise<() => Promise<unknown>> {
    const [rule] = await server.database.query<{ id: string }>(
      `SELECT id FROM access_rule WHERE name = 'Getting a mobile ID'`,
    );
    const require = (methods: readonly string[]) =>
      server.graphql(
        `mutation ($id: ID!, $require: [AuthenticationClauseInput!]!) {
           updateAccessRule(id: $id, input: { require: $require }) { id } }`,
        {
          id: rule?.id,
          require: [{ anyOf: methods.map((method) => ({ method, maxAgeSeconds: 600 })) }],
        },
        { token: cast.admin },
      );
    expect(
      (await require(['EMAIL_CODE', 'SMS_CODE', 'MOBILE_ID', 'CLIENT_CERTIFICATE'])).errors,
    ).toEqual([]);
    return () => require(['SAML', 'PASSKEY', 'EMAIL_CODE', 'SMS_CODE', 'TOTP']);
  }

  describe('is what is replaced, where the mobile ID would count', () => {
    let restore: () => Promise<unknown>;
    let phone: AnyAnswerPhone;
    beforeEach(async () => {
      phone = await AnyAnswerPhone.enrol(server, holder.token, cast.projectId);
      restore = await alsoByMobileId();
      token = await sessionOf(server, holder.id, ['PASSWORD']);
    });
    afterEach(() => restore());

    async function proveByPhone(by = phone): Promise<void> {
      const started = await startProof(server, token);
      const { data } = await readChallenge(server, started.code);
      const answer = by.answer(data.mobileIdChallenge, started.number);
      expect((await sendAnswer(server, started.code, answer)).errors).toEqual([]);
      const finished = await finishProof(server, token, started.id);
      expect(finished.errors).toEqual([]);
      token = finished.data.finishMobileIdProof.token as string;
    }
    const input = () => ({ projectId: cast.projectId, replacesProfileId: phone.profileId });

    test('the old mobile ID opens ordering, but not replacing itself', async () => {
      await proveByPhone();
      expect(await accessTo('/mobile-id/get')).toMatchObject({ outcome: 'ALLOWED' });
      const { errors } = await tryOrder(server, token, input());
      expect(errors[0]?.extensions).toMatchObject({
        code: 'INSUFFICIENT_USER_AUTHENTICATION',
        resource: '/mobile-id/get',
      });
      expect(reasonsIn(errors[0]?.extensions['missing'])).toMatchObject({
        MOBILE_ID: 'SAME_CREDENTIAL',
        EMAIL_CODE: 'ABSENT',
      });
      const asked = await accessTo('/mobile-id/get', { replacesProfileId: phone.profileId });
      expect(asked.outcome).toBe('STEP_UP_REQUIRED');
      expect(reasonsIn(asked.missing)).toMatchObject({ MOBILE_ID: 'SAME_CREDENTIAL' });
    });

    test('nor does its certificate in a TLS connection', async () => {
      const credential = Buffer.from(phone.thumbprint(), 'base64url').toString('hex');
      await prove(holder.id, 'CLIENT_CERTIFICATE', credential);
      expect(codeOf(await tryOrder(server, token, input()))).toBe(
        'INSUFFICIENT_USER_AUTHENTICATION',
      );
      const other = { ...input(), replacesProfileId: null };
      expect((await tryOrder(server, token, other)).errors).toEqual([]);
    });

    test('another mobile ID of the same user does', async () => {
      const other = await AnyAnswerPhone.enrol(
        server,
        (token = await sessionOf(server, holder.id)),
        cast.projectId,
      );
      token = await sessionOf(server, holder.id, ['PASSWORD']);
      await proveByPhone(other);
      expect((await tryOrder(server, token, input())).errors).toEqual([]);
    });

    test('a way to give it is offered only where it would count', async () => {
      const optionOf = async (more: object): Promise<unknown> => {
        const { missing } = await accessTo('/mobile-id/get', more);
        return missing[0].anyOf.find(({ method }: any) => method === 'MOBILE_ID').option;
      };
      const replacesProfileId = phone.profileId;
      expect(await optionOf({ replacesProfileId })).toEqual({ method: 'MOBILE_ID' }); // by the other one
      await moveProfile(server, 'revokeProfile', holder.profileId, { token: cast.operator.token });
      expect(await optionOf({})).toEqual({ method: 'MOBILE_ID' });
      expect(await optionOf({ replacesProfileId })).toBeNull();
    });

    test('it proves nothing for revoking or reactivating itself either', async () => {
      await proveByPhone();
      await server.database.query(
        `DELETE FROM session_evidence e USING session s
         WHERE s.id = e.session_id AND s.user_id = $1 AND e.method NOT IN ('MOBILE_ID', 'PASSWORD')`,
        [holder.id],
      );
      await server.database.query(
        `UPDATE session_evidence e SET at = now() - interval '1 hour' FROM session s
         WHERE s.id = e.session_id AND s.user_id = $1 AND e.method = 'PASSWORD'`,
        [holder.id],
      );
      const own = { token };
      const revoked = await moveProfile(server, 'revokeMyProfile', phone.profileId, own);
      expect(reasonsIn(revoked.errors[0]?.extensions['missing'])).toMatchObject({
        MOBILE_ID: 'SAME_CREDENTIAL',
        PASSWORD: 'STALE',
      });
      expect(await standing(phone.profileId)).toMatchObject(ACTIVE);
      const reactivated = await moveProfile(server, 'reactivateMyProfile', phone.profileId, own);
      expect(reasonsIn(reactivated.errors[0]?.extensions['missing'])).toMatchObject({
        MOBILE_ID: 'SAME_CREDENTIAL',
      });
      const other = await moveProfile(server, 'revokeMyProfile', holder.profileId, own);
      expect(other.errors).toEqual([]);
    });

    test('nor is a certificate that is recovered proof for recovering it', async () => {
      await proveByPhone();
      const [certificate] = await server.database.query<{ id: string }>(
        `SELECT id FROM certificate WHERE profile_id = $1 AND kind = 'SIGNATURE'`,
        [phone.profileId],
      );
      const recoverCertificateIds = [certificate?.id];
      expect(await accessTo('/mobile-id/get', { recoverCertificateIds })).toMatchObject({
        outcome: 'STEP_UP_REQUIRED',
      });
      const [foreign] = await server.database.query<{ id: string }>(
        `SELECT c.id FROM certificate c JOIN profile p ON p.id = c.profile_id WHERE p.user_id <> $1 LIMIT 1`,
        [holder.id],
      );
      const others = { recoverCertificateIds: [foreign?.id, 'nothing'] };
      expect(await accessTo('/mobile-id/get', others)).toMatchObject({ outcome: 'ALLOWED' });
    });
  });

  describe('is an address or a number that is lost', () => {
    const phoneNumber = '+41441234567';
    beforeEach(async () => {
      await server.database.query('UPDATE app_user SET phone = $2 WHERE id = $1', [
        holder.id,
        phoneNumber,
      ]);
      token = await sessionOf(server, holder.id, ['PASSWORD']);
    });

    test.each([
      ['EMAIL', 'EMAIL_CODE', () => holder.email],
      ['PHONE', 'SMS_CODE', () => phoneNumber],
    ])('%s: %s', async (lost, method, credential) => {
      await prove(holder.id, method, credential());
      const declaredLost = [lost];
      expect((await tryReplace({}, token)).errors).toEqual([]);
      const { errors } = await tryReplace({ declaredLost }, token);
      expect(reasonsIn(errors[0]?.extensions['missing'])).toMatchObject({
        [method]: 'SAME_CREDENTIAL',
        TOTP: 'ABSENT',
      });
      const asked = await accessTo('/mobile-id/get', { declaredLost });
      expect(reasonsIn(asked.missing)).toMatchObject({ [method]: 'SAME_CREDENTIAL' });
      const offered = asked.missing[0].anyOf.find((one: any) => one.method === method);
      expect(offered.option).toBeNull();
      const other = { declaredLost: [lost === 'EMAIL' ? 'PHONE' : 'EMAIL'] };
      expect((await tryReplace(other, token)).errors).toEqual([]);
    });

    test('declared lost without replacing anything, it proves nothing either', async () => {
      await prove(holder.id, 'EMAIL_CODE', holder.email);
      const order = { projectId: cast.projectId, declaredLost: ['EMAIL'] };
      expect(codeOf(await tryOrder(server, token, order))).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    });

    test('an earlier order with the same key is not shown for want of that proof', async () => {
      await prove(holder.id, 'EMAIL_CODE', holder.email);
      await prove(holder.id, 'TOTP', 'app');
      const order = { declaredLost: ['EMAIL'], idempotencyKey: 'k' };
      expect((await tryReplace(order, token)).errors).toEqual([]);
      await server.database.query(
        `DELETE FROM session_evidence e USING session s WHERE s.id = e.session_id AND s.user_id = $1 AND e.method = 'TOTP'`,
        [holder.id],
      );
      expect(codeOf(await tryReplace(order, token))).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    });
  });

  test('without a session there is nothing to leave out', async () => {
    const { data } = await server.graphql(ACCESS, {
      resource: '/mobile-id/get',
      replacesProfileId: holder.profileId,
      declaredLost: ['EMAIL'],
    });
    expect(data.resourceAccess).toMatchObject({ outcome: 'SIGN_IN_REQUIRED', missing: [] });
  });
});

test('an order without anything of this is the order that it always was', async () => {
  const { order: placed } = await claimedOrder(server, cast.other.token, cast.projectId);
  const [row] = await server.database.query<{ replaces_profile_id: string | null }>(
    'SELECT replaces_profile_id FROM enrolment WHERE id = $1',
    [placed.id],
  );
  expect(row?.replaces_profile_id).toBeNull();
  expect(
    await order(server, cast.other.token, { projectId: cast.projectId, declaredLost: [] }),
  ).toBeDefined();
});
