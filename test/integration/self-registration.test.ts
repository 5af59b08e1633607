import { X509Certificate } from 'node:crypto';
import { accessToken, createClient } from '../helpers/api-clients';
import { gatherCast, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { AnyAnswerPhone, readChallenge, sendAnswer, startProof } from '../helpers/mobile-id';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import {
  changeSelfRegistration,
  createSelfRegistration,
  selfRegistrationOf,
  tryCreateSelfRegistration,
  updateIdPolicy,
  type Change,
} from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';
import { ecKey } from '../unit/certificates/request-builder';
import { endsInDays, RenewingPhone } from '../helpers/renewals';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const newPhone = (): HonestOrNotPhone => new HonestOrNotPhone(server);
const standing = (projectId: string): Promise<any> =>
  selfRegistrationOf(server, cast.admin, projectId);

async function change(what: Change, projectId: string): Promise<any> {
  const { data, errors } = await changeSelfRegistration(server, cast.admin, what, projectId);
  expect(errors).toEqual([]);
  return data[what].selfRegistration;
}

async function profileOf(id: string): Promise<any> {
  const { data, errors } = await server.graphql(
    `query ($id: ID!) { profile(id: $id) { state accountName user { id } certificates { status revocationReason pem } } }`,
    { id },
    { token: cast.admin },
  );
  expect(errors).toEqual([]);
  return data.profile;
}

/** The phone scans, and stops before it activates. */
async function scanned(code: string, phone = newPhone()) {
  const task = await phone.claim(code);
  const requests = phone.requestsFor(task);
  return { phone, task, activate: () => phone.tryActivate(task, requests) };
}

describe('a SELF_REGISTRATION project', () => {
  test('begins with its first ID, nothing used, and an activation code', async () => {
    const { projectId, uri } = await createSelfRegistration(server, cast.admin, {
      firstId: 100,
      idPrefix: 'V-',
      idWidth: 5,
      quota: 7,
      blockedRanges: [
        { from: 120, to: 130 },
        { from: 100, to: 100 },
      ],
    });
    expect(uri).toMatch(new RegExp(`^${server.url}/m#[\\w-]{22}$`));
    expect(await standing(projectId)).toMatchObject({
      paused: false,
      quota: 7,
      used: 0,
      firstId: 100,
      lastId: null,
      nextId: 101,
      ceiling: 99_999,
      idPrefix: 'V-',
      idWidth: 5,
      blockedRanges: [
        { from: 100, to: 100 },
        { from: 120, to: 130 },
      ],
    });
  });

  test('knows numbers up to 2^53 - 1, and none beyond', async () => {
    const firstId = Number.MAX_SAFE_INTEGER;
    const { projectId, code } = await createSelfRegistration(server, cast.admin, { firstId });
    const { profile } = await newPhone().enrol(code);
    expect(profile.accountName).toBe('9007199254740991');
    expect(await standing(projectId)).toMatchObject({ lastId: firstId, nextId: null, used: 1 });
    expect(codeOf(await newPhone().tryClaim(code))).toBe('ID_RANGE_EXHAUSTED');
  });

  test('tells its users to scan, not to keep a page open', async () => {
    const { data } = await tryCreateSelfRegistration(server, cast.admin, {});
    expect(data.createProject.settings.instructions).toContain('your phone shows your ID');
  });

  test.each([
    ['confirmation', { confirmation: 'DEVICE_CODE' }],
    ['recoverEncryptionCertificates', { recoverEncryptionCertificates: true }],
  ])('refuses %s, at its creation and later', async (name, settings) => {
    const created = await tryCreateSelfRegistration(server, cast.admin, { settings });
    expect(codeOf(created)).toBe('WRONG_PROJECT_MODE');
    const { projectId } = await createSelfRegistration(server, cast.admin);
    const updated = await server.graphql(
      `mutation ($id: ID!, $settings: ProvisioningSettingsInput!) {
         updateProjectSettings(id: $id, settings: $settings) { id } }`,
      { id: projectId, settings },
      { token: cast.admin },
    );
    expect(codeOf(updated)).toBe('WRONG_PROJECT_MODE');
    expect(updated.errors[0]?.extensions['fields']).toEqual([
      { field: `settings.${name}`, message: expect.any(String) as string },
    ]);
  });

  test('is not ordered from, by anybody', async () => {
    const { projectId } = await createSelfRegistration(server, cast.admin);
    expect(codeOf(await tryOrder(server, cast.alva.token, { projectId }))).toBe(
      'WRONG_PROJECT_MODE',
    );
    const supplied = await server.graphql(
      `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
         startEnrolmentForUser(userId: $userId, input: $input) { watchToken } }`,
      { userId: cast.alva.id, input: { projectId } },
      { token: cast.operator.token },
    );
    expect(codeOf(supplied)).toBe('WRONG_PROJECT_MODE');
    const { data } = await server.graphql(
      'query { mobileIdOffers { projectId } }',
      {},
      { token: cast.alva.token },
    );
    const offered = data.mobileIdOffers.map((offer: { projectId: string }) => offer.projectId);
    expect(offered).not.toContain(projectId);
  });

  test('shows its activation code to administrators alone', async () => {
    const { projectId } = await createSelfRegistration(server, cast.admin);
    const ask = (token: string, fields: string) =>
      server.graphql(
        `query ($id: ID!) { project(id: $id) { mode ${fields} } }`,
        { id: projectId },
        { token },
      );
    expect(codeOf(await ask(cast.operator.token, 'selfRegistration { qr { uri } }'))).toBe(
      'FORBIDDEN',
    );
    const { data } = await ask(cast.operator.token, '');
    expect(data.project.mode).toBe('SELF_REGISTRATION');
  });

  test('says by each change who made it, and nothing where nothing changed', async () => {
    const { projectId } = await createSelfRegistration(server, cast.admin);
    await change('pauseSelfRegistration', projectId);
    await change('pauseSelfRegistration', projectId);
    await change('resumeSelfRegistration', projectId);
    await change('rotateActivationCode', projectId);
    await updateIdPolicy(server, cast.admin, projectId, { quota: 5, ceiling: 9 });
    const rows = await server.database.query<{ action: string; detail: string | null }>(
      `SELECT action, detail FROM audit_entry WHERE target = $1 ORDER BY id`,
      [`project:${projectId}`],
    );
    expect(rows.slice(1)).toEqual([
      { action: 'self-registration.pause', detail: null },
      { action: 'self-registration.resume', detail: null },
      { action: 'self-registration.rotate-activation-code', detail: null },
      { action: 'self-registration.update-id-policy', detail: 'ceiling:9 quota:5 blocked:' },
    ]);
  });
});

describe('a MANAGED project', () => {
  test('assigns no IDs, and has nothing to register', async () => {
    for (const input of [
      { mode: 'MANAGED', idPolicy: {} },
      { mode: 'MANAGED', settings: { registrationUrlTemplate: 'https://host.example/' } },
    ]) {
      const answer = await tryCreateSelfRegistration(server, cast.admin, input);
      expect(codeOf(answer)).toBe('WRONG_PROJECT_MODE');
    }
  });

  test.each<Change>(['pauseSelfRegistration', 'resumeSelfRegistration', 'rotateActivationCode'])(
    'does not know %s',
    async (what) => {
      const answer = await changeSelfRegistration(server, cast.admin, what, cast.projectId);
      expect(codeOf(answer)).toBe('WRONG_PROJECT_MODE');
    },
  );

  test('shows no self-registration, and has no ID policy to change', async () => {
    const { data } = await server.graphql(
      'query ($id: ID!) { project(id: $id) { selfRegistration { paused } } }',
      { id: cast.projectId },
      { token: cast.admin },
    );
    expect(data.project.selfRegistration).toBeNull();
    const answer = await updateIdPolicy(server, cast.admin, cast.projectId, { quota: 1 });
    expect(codeOf(answer)).toBe('WRONG_PROJECT_MODE');
  });
});

describe('a phone that scans the activation code', () => {
  test('is told what will be made, but not its ID', async () => {
    const settings = { serverName: 'Gate', profileNameTemplate: '{projectName} {username}' };
    const { code } = await createSelfRegistration(server, cast.admin, null, settings);
    const task = await newPhone().claim(code);
    expect(task).toMatchObject({ accountName: null, serverName: 'Gate', confirmationCode: null });
    expect(task.profileName).toMatch(/^self-\w+$/);
    const left = new Date(task.expiresAt).getTime() - Date.now();
    expect(left).toBeLessThanOrEqual(900_000);
  });

  test('gets the next ID, which is what its certificates call it', async () => {
    const policy = {
      firstId: 7,
      idPrefix: 'ID-',
      idWidth: 4,
      blockedRanges: [{ from: 8, to: 9 }],
    };
    const settings = { accountNameTemplate: 'Visitor {username}' };
    const { projectId, code } = await createSelfRegistration(server, cast.admin, policy, settings);
    const names: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { profile } = await newPhone().enrol(code);
      names.push(profile.accountName as string);
      const { pem } = profile.certificates[0];
      const certificate = new X509Certificate(pem as string);
      expect(certificate.subject).toContain(`CN=${profile.accountName as string}`);
      expect(certificate.subjectAltName).toBe(`URI:urn:uuid:${profile.id as string}`);
    }
    expect(names).toEqual(['Visitor ID-0007', 'Visitor ID-0010', 'Visitor ID-0011']);
    expect(await standing(projectId)).toMatchObject({ used: 3, lastId: 11, nextId: 12 });
  });

  test('begins an enrolment at SCANNED that has no user, no channel and no code of its own', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const { task } = await newPhone().enrol(code);
    const { data, errors } = await server.graphql(
      `query ($projectId: ID!) { enrolments(projectId: $projectId) { nodes {
         id status channel codeExpiresAt user { id } qr { uri } profile { user { id } } events { status detail } } } }`,
      { projectId },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    expect(data.enrolments.nodes).toEqual([
      {
        id: task.enrolmentId,
        status: 'ACTIVE',
        channel: null,
        codeExpiresAt: null,
        user: null,
        qr: null,
        profile: { user: null },
        events: [
          { status: 'SCANNED', detail: 'Phone under test' },
          { status: 'ISSUING', detail: null },
          { status: 'ACTIVE', detail: null },
        ],
      },
    ]);
  });

  test('gets the same task again, and other phones get their own', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const [one, other] = [newPhone(), newPhone()];
    const first = await one.claim(code);
    const repeated = await Promise.all([one.claim(code), one.claim(code), one.claim(code)]);
    for (const task of repeated) expect(task).toEqual(first);
    expect((await other.claim(code)).enrolmentId).not.toBe(first.enrolmentId);
  });

  test('sending its requests again, at once or later, takes one ID', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const { activate } = await scanned(code);
    const answers = await Promise.all([activate(), activate(), activate()]);
    answers.push(await activate());
    const ids = answers.map(({ data }) => data.activateEnrolment.profile.id as string);
    expect(new Set(ids).size).toBe(1);
    expect(await standing(projectId)).toMatchObject({ used: 1, lastId: 1 });
  });

  test('takes no ID where its requests are refused', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const first = await scanned(code);
    const { data } = await first.activate();
    expect(data.activateEnrolment.profile.accountName).toBe('1');
    const thief = newPhone();
    const task = await thief.claim(code);
    const wrong = thief.requestsFor({ ...task, challenge: 'another' });
    expect(codeOf(await thief.tryActivate(task, wrong))).toBe('CSR_REJECTED');
    expect(await standing(projectId)).toMatchObject({ used: 1, nextId: 2 });
    const { profile } = await newPhone().enrol(code);
    expect(profile.accountName).toBe('2');
  });

  test('takes none either where another phone has the same key certified at the same moment', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const privateKey = ecKey();
    const twins = [newPhone(), newPhone()];
    const answers = await Promise.all(
      twins.map(async (phone) => {
        const task = await phone.claim(code);
        const [first, ...others] = phone.requestsFor(task);
        const kind = first?.kind ?? 'AUTHENTICATION';
        const same = requestFor(kind, task.challenge, { privateKey });
        return phone.tryActivate(task, [same, ...others]);
      }),
    );
    const codes = answers.map(({ errors }) => errors[0]?.extensions.code ?? 'ACTIVE').sort();
    expect(codes).toEqual(['ACTIVE', 'CSR_REJECTED']);
    expect(await standing(projectId)).toMatchObject({ used: 1, nextId: 2 });
    expect((await newPhone().enrol(code)).profile.accountName).toBe('2');
  });

  test('may cancel, and scan again', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const { phone, task } = await scanned(code);
    const cancelled = await server.graphql(
      'mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }',
      { id: task.enrolmentId },
      { deviceToken: task.deviceToken },
    );
    expect(cancelled.data.cancelEnrolment.status).toBe('CANCELLED');
    const { profile } = await phone.enrol(code);
    expect(profile.accountName).toBe('1');
  });

  test('may scan again when its time was over, and is another enrolment then', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const { phone, task, activate } = await scanned(code);
    await server.database.query(
      `UPDATE enrolment SET expires_at = now() - interval '1 second' WHERE id = $1`,
      [task.enrolmentId],
    );
    expect(codeOf(await activate())).toBe('ENROLMENT_EXPIRED');
    const again = await phone.claim(code);
    expect(again.enrolmentId).not.toBe(task.enrolmentId);
  });

  test('needs an operator where the project wants approval', async () => {
    const settings = { confirmation: 'APPROVAL' };
    const { code } = await createSelfRegistration(server, cast.admin, null, settings);
    const { task, activate } = await scanned(code);
    expect(codeOf(await activate())).toBe('CONFIRMATION_REQUIRED');
    const approved = await server.graphql(
      'mutation ($id: ID!, $code: String!) { approveDevice(id: $id, code: $code) { status } }',
      { id: task.enrolmentId, code: task.confirmationCode },
      { token: cast.operator.token },
    );
    expect(approved.data.approveDevice.status).toBe('CONFIRMED');
    expect((await activate()).data.activateEnrolment.profile.accountName).toBe('1');
  });
});

describe('the same phone scanning again', () => {
  test('gets its ID again with a new mobile ID, and the earlier one is superseded', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const { profile: earlier } = await phone.enrol(code);
    await newPhone().enrol(code);
    const { profile: later } = await phone.enrol(code);
    expect(later.accountName).toBe('1');
    expect(later.id).not.toBe(earlier.id);
    const { state, certificates } = await profileOf(earlier.id as string);
    expect(state).toBe('REVOKED');
    for (const each of certificates) expect(each.revocationReason).toBe('superseded');
    expect((await profileOf(later.id as string)).state).toBe('ACTIVE');
    expect(await standing(projectId)).toMatchObject({ used: 2, lastId: 2 });
  });

  test('gets its ID again after a restart, by another server of the same database', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    await phone.enrol(code);
    const other = await startTestServer({
      database: server.database,
      environment: { PUBLIC_URL: server.url },
    });
    try {
      const elsewhere = new HonestOrNotPhone({ graphql: other.graphql, url: server.url });
      const { profile } = await Object.assign(elsewhere, { key: phone.key }).enrol(code);
      expect(profile.accountName).toBe('1');
    } finally {
      await other.stop();
    }
  });

  test('gets its ID again when its mobile ID has run out', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const { profile } = await phone.enrol(code);
    await endsInDays(server, profile.id as string, -1);
    expect((await phone.enrol(code)).profile.accountName).toBe('1');
  });

  test('gets another one when its ID was revoked: that never returns', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const { profile } = await phone.enrol(code);
    const revoked = await server.graphql(
      'mutation ($id: ID!) { revokeProfile(id: $id) { state } }',
      { id: profile.id },
      { token: cast.operator.token },
    );
    expect(revoked.errors).toEqual([]);
    expect((await phone.enrol(code)).profile.accountName).toBe('2');
    expect((await newPhone().enrol(code)).profile.accountName).toBe('3');
  });

  test('stays suspended whoever it says it is: the token of an API client in another project lifts nothing', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const { profile } = await phone.enrol(code);
    const { task } = await scanned(code, phone);
    const { errors } = await server.graphql(
      'mutation ($id: ID!) { deactivateProfile(id: $id) { state } }',
      { id: profile.id },
      { token: cast.operator.token },
    );
    expect(errors).toEqual([]);
    const client = await createClient(server, cast.admin, { projectIds: [cast.projectId] });
    const token = await accessToken(server, client);
    const asClient = new HonestOrNotPhone({
      url: server.url,
      graphql: (query, variables) => server.graphql(query, variables, { token }),
    });
    const refused = await asClient.tryActivate(task, phone.requestsFor(task));
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SUSPENDED' });
    expect((await profileOf(profile.id as string)).state).toBe('INACTIVE');
  });

  test('stays suspended where its mobile ID is: scanning again lifts nothing', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const phone = newPhone();
    const { profile } = await phone.enrol(code);
    const { activate } = await scanned(code, phone);
    const set = async (field: string): Promise<void> => {
      const { errors } = await server.graphql(
        `mutation ($id: ID!) { ${field}(id: $id) { state } }`,
        { id: profile.id },
        { token: cast.operator.token },
      );
      expect(errors).toEqual([]);
    };
    await set('deactivateProfile');
    for (const answer of [await activate(), await phone.tryClaim(code)]) {
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect((await profileOf(profile.id as string)).state).toBe('INACTIVE');
    await set('reactivateProfile');
    expect((await phone.enrol(code)).profile.accountName).toBe('1');
    expect(await standing(projectId)).toMatchObject({ used: 1 });
  });

  test('in another project gets an ID of that one', async () => {
    const one = await createSelfRegistration(server, cast.admin, { firstId: 10 });
    const other = await createSelfRegistration(server, cast.admin, { firstId: 20 });
    const phone = newPhone();
    expect((await phone.enrol(one.code)).profile.accountName).toBe('10');
    expect((await phone.enrol(other.code)).profile.accountName).toBe('20');
    expect((await phone.enrol(one.code)).profile.accountName).toBe('10');
  });
});

describe('while activation is paused', () => {
  test('nobody begins, known or not, and what has begun does not end', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const known = newPhone();
    await known.enrol(code);
    const { activate } = await scanned(code);
    expect(await change('pauseSelfRegistration', projectId)).toMatchObject({ paused: true });
    expect(codeOf(await newPhone().tryClaim(code))).toBe('ACTIVATION_PAUSED');
    expect(codeOf(await known.tryClaim(code))).toBe('ACTIVATION_PAUSED');
    expect(codeOf(await activate())).toBe('ACTIVATION_PAUSED');
    expect(codeOf(await activate())).toBe('ACTIVATION_PAUSED');
    expect(await standing(projectId)).toMatchObject({ used: 1, nextId: 2 });
  });

  test('the phone may scan again once it is resumed, and no number is missing', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const { phone, activate } = await scanned(code);
    await change('pauseSelfRegistration', projectId);
    await activate();
    expect(await change('resumeSelfRegistration', projectId)).toMatchObject({ paused: false });
    expect((await phone.enrol(code)).profile.accountName).toBe('1');
  });
});

describe('when the activation code is rotated', () => {
  test('the old one says so, also to who has scanned it already, and the new one works', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const known = newPhone();
    await known.enrol(code);
    const { phone, activate } = await scanned(code);
    await change('rotateActivationCode', projectId);
    const { code: fresh } = await standing(projectId);
    expect(fresh).not.toBe(code);
    expect(codeOf(await newPhone().tryClaim(code))).toBe('ACTIVATION_CODE_ROTATED');
    expect(codeOf(await activate())).toBe('ACTIVATION_CODE_ROTATED');
    expect((await known.enrol(fresh)).profile.accountName).toBe('1');
    expect((await phone.enrol(fresh)).profile.accountName).toBe('2');
  });

  test('a phone that has scanned the old one begins anew with the new one', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin);
    const { phone, task } = await scanned(code);
    await change('rotateActivationCode', projectId);
    const { code: fresh } = await standing(projectId);
    const again = await phone.claim(fresh);
    expect(again.enrolmentId).not.toBe(task.enrolmentId);
    const [old] = await server.database.query<{ status: string }>(
      'SELECT status FROM enrolment WHERE id = $1',
      [task.enrolmentId],
    );
    expect(old?.status).toBe('SUPERSEDED');
  });
});

describe('at the end of what may be assigned', () => {
  test('the quota stops new phones, not those that have their ID, until it is raised', async () => {
    const { projectId, code } = await createSelfRegistration(server, cast.admin, { quota: 2 });
    const known = newPhone();
    await known.enrol(code);
    const [one, other] = [await scanned(code), await scanned(code)];
    expect((await one.activate()).data.activateEnrolment.profile.accountName).toBe('2');
    expect(codeOf(await other.activate())).toBe('QUOTA_REACHED');
    expect(codeOf(await newPhone().tryClaim(code))).toBe('QUOTA_REACHED');
    expect((await known.enrol(code)).profile.accountName).toBe('1');
    const raised = await updateIdPolicy(server, cast.admin, projectId, { quota: 3 });
    expect(raised.errors).toEqual([]);
    expect((await other.phone.enrol(code)).profile.accountName).toBe('3');
    const lowered = await updateIdPolicy(server, cast.admin, projectId, { quota: 2 });
    expect(codeOf(lowered)).toBe('INVALID_INPUT');
  });

  test('the range is exhausted at its ceiling, and behind what is blocked', async () => {
    const policy = { ceiling: 3, blockedRanges: [{ from: 2, to: 3 }] };
    const { projectId, code } = await createSelfRegistration(server, cast.admin, policy);
    const waiting = await scanned(code);
    await newPhone().enrol(code);
    expect(codeOf(await newPhone().tryClaim(code))).toBe('ID_RANGE_EXHAUSTED');
    expect(codeOf(await waiting.activate())).toBe('ID_RANGE_EXHAUSTED');
    expect(await standing(projectId)).toMatchObject({ used: 1, nextId: null });
    await updateIdPolicy(server, cast.admin, projectId, { blockedRanges: [] });
    expect((await waiting.phone.enrol(code)).profile.accountName).toBe('2');
    const below = await updateIdPolicy(server, cast.admin, projectId, { ceiling: 1 });
    expect(codeOf(below)).toBe('INVALID_INPUT');
  });
});

describe('a mobile ID without a user', () => {
  test('is renewed by its present key, under the same name', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const phone = await RenewingPhone.enrolBy(server, code);
    await endsInDays(server, phone.profileId, 10);
    const { requests } = await phone.make();
    const { data, errors } = await phone.tryRenew(requests);
    expect(errors).toEqual([]);
    const { certificates } = data.renewMobileId.profile;
    for (const { pem } of certificates) {
      expect(new X509Certificate(pem as string).subject).toContain('CN=1');
    }
  });

  test('proves nobody: its key is no means of signing in', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const { profile } = await newPhone().enrol(code);
    const { serialNumber } = profile.certificates[0];
    const { authenticationKeys, work } = server.app.services;
    const scope = work.read(await work.systemRequest('test', 'test'));
    const issued = await authenticationKeys.issuedHere(scope, serialNumber as string);
    expect(issued).toBeDefined();
    expect(issued?.key).toBeNull();
  });

  test('does not answer for a user whom MOBILE_ID asks for', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const stranger = await AnyAnswerPhone.enrolBy(server, code);
    const own = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
    const token = await sessionOf(server, cast.alva.id, ['PASSWORD']);
    const proof = await startProof(server, token);
    const challenge = await readChallenge(server, proof.code);
    const { mobileIdChallenge: asked } = challenge.data;
    const refused = await sendAnswer(server, proof.code, stranger.answer(asked, proof.number));
    expect(codeOf(refused)).toBe('INVALID_CREDENTIALS');
    const answered = await sendAnswer(server, proof.code, own.answer(asked, proof.number));
    expect(answered.errors).toEqual([]);
  });

  test('is suspended and reactivated by operators', async () => {
    const { code } = await createSelfRegistration(server, cast.admin);
    const { profile } = await newPhone().enrol(code);
    for (const [field, state] of [
      ['deactivateProfile', 'INACTIVE'],
      ['reactivateProfile', 'ACTIVE'],
    ] as const) {
      const { data } = await server.graphql(
        `mutation ($id: ID!) { ${field}(id: $id) { state } }`,
        { id: profile.id },
        { token: cast.operator.token },
      );
      expect(data[field].state).toBe(state);
    }
  });
});

test('an activation code is no password of EST', async () => {
  const { code } = await createSelfRegistration(server, cast.admin);
  const phone = newPhone();
  const { code: own } = await createSelfRegistration(server, cast.admin);
  const [request] = phone.requestsFor(await phone.claim(own));
  const body = (request?.csr ?? '').replace(/-----[^-]+-----|\s/g, '');
  const answer = await fetch(`${server.url}/.well-known/est/authentication/simpleenroll`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`est:${code}`).toString('base64')}`,
      'content-type': 'application/pkcs10',
    },
    body,
  });
  expect(((await answer.json()) as { code: string }).code).toBe('WRONG_PROJECT_MODE');
});

test('API clients that are kept to other projects do not find this one', async () => {
  const { projectId } = await createSelfRegistration(server, cast.admin);
  const elsewhere = await createProject(server, cast.admin, newName('elsewhere'));
  const { work, selfRegistrations } = server.app.services;
  const system = await work.systemRequest('test', 'test');
  const actor = {
    kind: 'client',
    apiClientId: cast.adminId,
    name: 'client',
    scopes: [],
    projectIds: [elsewhere],
    tokenIssuedAt: system.now,
    tokenExpiresAt: system.now,
  } as never;
  const outcome = selfRegistrations.get(work.read({ ...system, actor }), projectId);
  await expect(outcome).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('what a transaction asks of a project it reads itself, whoever asked before in the same request', async () => {
  const { projectId } = await createSelfRegistration(server, cast.admin);
  const { work, selfRegistrations } = server.app.services;
  const request = await work.systemRequest('test', 'test');
  await work.change(request, async (first) => {
    await selfRegistrations.get(first, projectId);
    await work.change(request, async (second) => {
      const input = { name: newName('new'), mode: 'SELF_REGISTRATION' as const };
      const { id } = await selfRegistrations.createProject(second, {
        ...input,
        idPolicy: { firstId: 5 },
      });
      expect((await selfRegistrations.get(second, id)).own.firstId).toBe(5);
    });
  });
});
