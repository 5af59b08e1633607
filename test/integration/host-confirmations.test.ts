import { accessToken, createClient } from '../helpers/api-clients';
import { assignedIdOf, changeId, SelfRegisteredPhone, tokenIn } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { createSelfRegistration, type SelfRegistrationStage } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

const TEMPLATE = 'https://host.example/register#id={assignedId}&token={registrationToken}';

let server: TestServer;
let cast: Cast;
let stage: SelfRegistrationStage;
let other: SelfRegistrationStage;
let host: string;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
  const settings = { registrationUrlTemplate: TEMPLATE };
  stage = await createSelfRegistration(server, cast.admin, { idPrefix: 'H' }, settings);
  other = await createSelfRegistration(server, cast.admin, { firstId: 900 }, settings);
  host = await hostOf([stage.projectId]);
});
afterAll(() => server.stop());

async function hostOf(
  projectIds: readonly string[],
  scopes = ['assigned-ids:read', 'assigned-ids:confirm'],
): Promise<string> {
  return accessToken(server, await createClient(server, cast.admin, { scopes, projectIds }));
}

/** A new phone's ID, with the token of its link. */
async function newId({ code, projectId } = stage): Promise<{
  projectId: string;
  value: string;
  registrationToken: string;
}> {
  const { assignedId, registrationUrl } = await new SelfRegisteredPhone(server).register(code);
  const registrationToken = tokenIn(registrationUrl as string);
  if (registrationToken === null) throw new Error('The link has no token.');
  return { projectId, value: assignedId.value as string, registrationToken };
}

function confirm(
  named: {
    readonly projectId: string;
    readonly value: string;
    readonly registrationToken?: string;
  },
  hostReference: string,
  token = host,
): Promise<GraphqlAnswer<any>> {
  return changeId(server, token, 'confirmAssignedId', { ...named, hostReference });
}

const stands = ({ projectId, value }: { projectId: string; value: string }): Promise<any> =>
  assignedIdOf(server, cast.operator.token, projectId, value);

describe('a host system that confirms an ID', () => {
  test('is believed, and may say it again', async () => {
    const named = await newId();
    const first = await confirm(named, 'customer 1');
    expect(first.errors).toEqual([]);
    expect(first.data.confirmAssignedId).toMatchObject({
      value: named.value,
      status: 'CONFIRMED',
      hostReference: 'customer 1',
      confirmedAt: expect.any(String) as string,
    });
    const again = await confirm(named, ' customer 1 ');
    expect(again.data).toEqual(first.data);
    const entries = await server.database.query<{ actor: string }>(
      `SELECT actor FROM audit_entry WHERE action = 'assigned-id.confirm' AND target = 'assigned-id:' || $1`,
      [first.data.confirmAssignedId.id],
    );
    expect(entries).toHaveLength(1);
    expect(entries[0]?.actor).toMatch(/^client:/);
  });

  test('cannot say another thing later, unless it takes the first back', async () => {
    const named = await newId();
    await confirm(named, 'customer 2');
    const refused = await confirm(named, 'customer 3');
    expect(codeOf(refused)).toBe('CONFLICT');
    expect(JSON.stringify(refused.errors)).not.toContain('customer 2');
    const taken = await changeId(server, host, 'unconfirmAssignedId', {
      projectId: named.projectId,
      value: named.value,
    });
    expect(taken.data.unconfirmAssignedId).toMatchObject({
      status: 'ASSIGNED',
      hostReference: null,
      confirmedAt: null,
    });
    expect((await confirm(named, 'customer 3')).errors).toEqual([]);
    expect(await stands(named)).toMatchObject({ hostReference: 'customer 3' });
  });

  test('may take back twice what it said', async () => {
    const { projectId, value } = await newId();
    for (const attempt of [1, 2]) {
      const { data } = await changeId(server, host, 'unconfirmAssignedId', { projectId, value });
      expect([attempt, data.unconfirmAssignedId.status]).toEqual([attempt, 'ASSIGNED']);
    }
  });

  test('of many that say different things at once, one is believed', async () => {
    const named = await newId();
    const said = Array.from({ length: 12 }, (_, i) => `customer at once ${String(i)}`);
    const answers = await Promise.all(said.map((reference) => confirm(named, reference)));
    const believed = said.filter((_, i) => answers[i]?.errors.length === 0);
    expect(believed).toEqual([(await stands(named)).hostReference]);
    const codes = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
    expect(codes).toEqual(Array.from({ length: 11 }, () => 'CONFLICT'));
  });

  test('cannot confirm what is revoked, nor take it back', async () => {
    const { projectId, value } = await newId();
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value });
    const attempts = [
      await confirm({ projectId, value }, 'customer 4'),
      await changeId(server, host, 'unconfirmAssignedId', { projectId, value }),
    ];
    expect(attempts.map(codeOf)).toEqual(['INVALID_TRANSITION', 'INVALID_TRANSITION']);
    expect(await stands({ projectId, value })).toMatchObject({ hostReference: null });
  });

  test('keeps the reference of an ID that is revoked afterwards', async () => {
    const { projectId, value } = await newId();
    await confirm({ projectId, value }, 'customer 5');
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value });
    expect(await stands({ projectId, value })).toMatchObject({
      status: 'REVOKED',
      hostReference: 'customer 5',
    });
    expect(codeOf(await confirm({ projectId, value }, 'customer 5'))).toBe('INVALID_TRANSITION');
  });

  test.each([
    ['nobody has', 'H999999'],
    ['is written otherwise', 'h1'],
    ['holds what cannot be stored', 'H1\u0000'],
    ['is empty', ''],
  ])('finds no ID that %s', async (_, value) => {
    const named = { projectId: stage.projectId, value };
    expect(codeOf(await confirm(named, 'customer 6'))).toBe('NOT_FOUND');
    expect(await assignedIdOf(server, host, stage.projectId, value)).toBeNull();
  });

  test.each([
    ['empty', '  '],
    ['longer than 200 characters', 'x'.repeat(201)],
    ['with control characters', 'a\u0007b'],
    ['that turns the text around it', 'a\u202Eb'],
  ])('cannot give a reference %s', async (_, reference) => {
    expect(codeOf(await confirm(await newId(), reference))).toBe('INVALID_INPUT');
  });
});

describe('out of reach', () => {
  test("is another project's ID, though its value is known", async () => {
    const foreign = await newId(other);
    expect(codeOf(await confirm(foreign, 'customer 7'))).toBe('NOT_FOUND');
    const asked = await server.graphql(
      'query ($projectId: ID!, $value: String!) { assignedId(projectId: $projectId, value: $value) { id } }',
      { projectId: other.projectId, value: foreign.value },
      { token: host },
    );
    expect(codeOf(asked)).toBe('NOT_FOUND');
    const inOwn = { ...foreign, projectId: stage.projectId };
    expect(codeOf(await confirm(inOwn, 'customer 7'))).toBe('NOT_FOUND');
    expect(await stands(foreign)).toMatchObject({ status: 'ASSIGNED' });
  });

  test('is confirming for a client that may only read, and everything for one that may neither', async () => {
    const named = await newId();
    const reader = await hostOf([stage.projectId], ['assigned-ids:read']);
    expect(codeOf(await confirm(named, 'customer 8', reader))).toBe('FORBIDDEN');
    expect(await assignedIdOf(server, reader, stage.projectId, named.value)).toMatchObject({
      value: named.value,
    });
    const stranger = await hostOf([stage.projectId], ['users:read', 'projects:read']);
    expect(codeOf(await confirm(named, 'customer 8', stranger))).toBe('FORBIDDEN');
  });

  test('is revoking for a client, whatever it may confirm', async () => {
    const { projectId, value } = await newId();
    const all = await hostOf([], ['assigned-ids:read', 'assigned-ids:confirm', 'enrolment:read']);
    const refused = await changeId(server, all, 'revokeAssignedId', { projectId, value });
    expect(codeOf(refused)).toBe('FORBIDDEN');
  });

  test('is the reference for a client that follows orders but may not read IDs', async () => {
    const named = await newId();
    await confirm(named, 'customer 9');
    const { profile } = await stands(named);
    const follower = await hostOf([stage.projectId], ['enrolment:read']);
    const { data, errors } = await server.graphql(
      'query ($id: ID!) { profile(id: $id) { state assignedId { hostReference } } }',
      { id: profile.id },
      { token: follower },
    );
    expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect(JSON.stringify(data)).not.toContain('customer 9');
  });

  test('are IDs in a MANAGED project', async () => {
    const named = { projectId: cast.projectId, value: '1' };
    const admin = cast.admin;
    expect(codeOf(await confirm(named, 'customer 10', admin))).toBe('WRONG_PROJECT_MODE');
    const { data, errors } = await server.graphql(
      'query ($id: ID!) { project(id: $id) { assignedIds { totalCount } } }',
      { id: cast.projectId },
      { token: admin },
    );
    expect([errors, data.project]).toEqual([[], { assignedIds: null }]);
  });
});

describe('the registration link', () => {
  test('holds the ID and its token, the same whenever the phone is activated', async () => {
    const phone = new SelfRegisteredPhone(server);
    const [first, second] = [await phone.register(stage.code), await phone.register(stage.code)];
    expect(first.registrationUrl).toMatch(
      /^https:\/\/host\.example\/register#id=H\d+&token=[\w-]{22}$/,
    );
    expect(second.registrationUrl).toBe(first.registrationUrl);
  });

  test('is shown to the phone alone, as whoever has it could register the ID as his own', async () => {
    const named = await newId();
    for (const token of [cast.operator.token, cast.admin, host]) {
      const { profile } = await assignedIdOf(server, token, named.projectId, named.value);
      expect(profile.registrationUrl).toBeNull();
    }
  });

  test('is shown to everybody who sees the mobile ID where it proves nothing', async () => {
    const { projectId, code } = await createSelfRegistration(
      server,
      cast.admin,
      { idPrefix: 'A/' },
      { registrationUrlTemplate: 'https://host.example/register?id={assignedId}&p={projectName}' },
    );
    const { registrationUrl } = await new SelfRegisteredPhone(server).register(code);
    expect(registrationUrl).toMatch(/^https:\/\/host\.example\/register\?id=A%2F1&p=[\w%-]+$/);
    const { profile } = await assignedIdOf(server, cast.operator.token, projectId, 'A/1');
    expect(profile.registrationUrl).toBe(registrationUrl);
  });

  test("proves its own ID to the host's page, and no other", async () => {
    const [own, foreign, elsewhere] = [await newId(), await newId(), await newId(other)];
    const look = async (registrationToken: string): Promise<any> => {
      const { data, errors } = await server.graphql(
        `query ($projectId: ID!, $value: String!, $registrationToken: String) {
           assignedId(projectId: $projectId, value: $value, registrationToken: $registrationToken) { status } }`,
        { projectId: own.projectId, value: own.value, registrationToken },
        { token: host },
      );
      expect(errors).toEqual([]);
      return data.assignedId;
    };
    expect(await look(own.registrationToken)).toEqual({ status: 'ASSIGNED' });
    const wrong = [
      foreign.registrationToken,
      elsewhere.registrationToken,
      own.registrationToken.slice(1),
      `${own.registrationToken}A`,
      '',
    ];
    for (const registrationToken of wrong) {
      expect(await look(registrationToken)).toBeNull();
      const refused = await confirm({ ...own, registrationToken }, 'customer 11');
      expect(refused.errors[0]?.extensions).toMatchObject({
        code: 'FORBIDDEN',
        reason: 'REGISTRATION_TOKEN',
      });
    }
    expect((await confirm(own, 'customer 11')).errors).toEqual([]);
  });

  test('is gone once the ID is revoked, and its token opens nothing', async () => {
    const named = await newId();
    const { projectId, value } = named;
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value });
    expect(codeOf(await confirm(named, 'customer 12'))).toBe('INVALID_TRANSITION');
  });
});
