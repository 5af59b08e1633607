import {
  accessToken,
  createClient,
  createScimToken,
  tryCreateScimToken,
  type ScimTokenWishes,
  type TestClient,
} from '../helpers/api-clients';
import { TestSocket } from '../helpers/edge/edge-socket';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { administrator, createProject } from '../helpers/people';
import { requestFor } from '../helpers/phone';
import { newUser, ScimDirectory } from '../helpers/scim';
import { startTestServer, type TestServer } from '../helpers/server';

const SCOPES = ['users:write', 'enrolment:create'];
const NOBODY = '00000000-0000-4000-8000-000000000000';

let server: TestServer;
let admin: string;
let projectId: string;
let otherProjectId: string;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  admin = await administrator(server);
  projectId = await createProject(server, admin, newName('project'));
  otherProjectId = await createProject(server, admin, newName('project'));
});
beforeEach(async () => {
  client = await createClient(server, admin, { scopes: SCOPES });
});
afterAll(() => server.stop());

const newToken = (wishes: ScimTokenWishes = {}, of: TestClient = client) =>
  createScimToken(server, admin, of, wishes);

function directory(token: string, project = projectId): ScimDirectory {
  return new ScimDirectory(`${server.url}/scim/v2/projects/${project}`, token);
}

async function statusFor(token: string, project = projectId): Promise<number> {
  return (await directory(token, project).call('GET', '/Users?count=0')).status;
}

function administer(
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphqlAnswer<any>> {
  return server.graphql(query, variables, { token: admin });
}

function update(input: Record<string, unknown>): Promise<GraphqlAnswer<any>> {
  return administer(
    'mutation ($id: ID!, $input: UpdateApiClientInput!) { updateApiClient(id: $id, input: $input) { id } }',
    { id: client.id, input },
  );
}

function revoke(id: string): Promise<GraphqlAnswer<any>> {
  return administer('mutation ($id: ID!) { revokeScimToken(id: $id) }', { id });
}

async function listed(): Promise<any[]> {
  const { data, errors } = await administer(
    '{ apiClients { id scimTokens { id name projectId createdAt expiresAt lastUsedAt } } }',
  );
  expect(errors).toEqual([]);
  const known = data.apiClients as { id: string; scimTokens: any[] }[];
  return known.find(({ id }) => id === client.id)?.scimTokens ?? [];
}

async function entriesOf(): Promise<{ action: string; detail: string }[]> {
  return server.database.query(
    `SELECT action, detail FROM audit_entry WHERE target = $1 AND action LIKE 'scim-token.%' ORDER BY id`,
    [`api-client:${client.id}`],
  );
}

describe('a directory with nothing but an address and a token', () => {
  test('pushes users into the project of its token, and into no other', async () => {
    const { token } = await newToken({ projectId });
    const scim = directory(token);
    const userName = newName('pushed');
    const { id } = await scim.user(userName, { emails: [{ value: `${userName}@example.org` }] });
    const { data } = await administer(
      'query ($p: ID!, $u: ID!) { project(id: $p) { member(userId: $u) { user { username } } } }',
      { p: projectId, u: id },
    );
    expect(data.project.member.user.username).toBe(userName);
    expect(
      (await scim.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).status,
    ).toBe(200);
    expect((await scim.call('DELETE', `/Users/${id}`)).status).toBe(204);
    for (const project of [otherProjectId, NOBODY, 'x']) {
      const elsewhere = await directory(token, project).call('POST', '/Users', newUser('nobody'));
      expect([project, elsewhere.status]).toEqual([project, 401]);
    }
  });

  test('acts in the name of its client', async () => {
    const { token } = await newToken();
    const { id } = await directory(token).user(newName('pushed'));
    const [entry] = await server.database.query(
      `SELECT actor, actor_id FROM audit_entry WHERE target = $1 AND action = 'user.create'`,
      [`user:${id}`],
    );
    expect(entry).toEqual({ actor: `client:${client.clientId}`, actor_id: client.id });
  });

  test('finds in the configuration that such tokens are taken', async () => {
    const { authenticationSchemes } = await directory((await newToken()).token).done(
      'GET',
      '/ServiceProviderConfig',
    );
    expect(authenticationSchemes[0]).toMatchObject({
      type: 'oauthbearertoken',
      description: expect.stringContaining('SCIM token') as string,
    });
  });

  test('without a project of its token reaches those of its client', async () => {
    const limited = await createClient(server, admin, {
      scopes: ['users:read'],
      projectIds: [projectId],
    });
    const { token } = await newToken({}, limited);
    expect([await statusFor(token), await statusFor(token, otherProjectId)]).toEqual([200, 404]);
    const { token: everywhere } = await newToken();
    expect(await statusFor(everywhere, otherProjectId)).toBe(200);
  });

  test('hears which scope is missing where whoever is let in is invited', async () => {
    const inviting = await createProject(server, admin, newName('inviting'), {
      channels: ['EMAIL'],
    });
    await update({ scopes: ['users:write'] });
    const { token } = await newToken({ projectId: inviting });
    const someone = newUser(newName('u'), { emails: [{ value: 'u@example.org' }] });
    const { status, body } = await directory(token, inviting).call('POST', '/Users', someone);
    expect([status, body.detail]).toEqual([403, expect.stringContaining('enrolment:create')]);
    await update({ scopes: SCOPES });
    expect((await directory(token, inviting).call('POST', '/Users', someone)).status).toBe(201);
  });
});

describe('a token is refused from the next call on', () => {
  test('once it is revoked, which is done once', async () => {
    const [{ id, token }, other] = [await newToken(), await newToken()];
    expect(await statusFor(token)).toBe(200);
    expect((await revoke(id)).data).toEqual({ revokeScimToken: true });
    expect([await statusFor(token), await statusFor(other.token)]).toEqual([401, 200]);
    expect(codeOf(await revoke(id))).toBe('NOT_FOUND');
    expect(codeOf(await revoke('x'))).toBe('NOT_FOUND');
  });

  test('once it has run out', async () => {
    const { id, token } = await newToken();
    await server.database.query('UPDATE scim_token SET expires_at = now() WHERE id = $1', [id]);
    expect(await statusFor(token)).toBe(401);
    expect((await listed()).map((one) => one.id)).toEqual([id]); // so that somebody sees why
  });

  test('once its client is disabled, and counts no more when that is enabled again', async () => {
    const { token } = await newToken();
    await update({ enabled: false });
    expect(await statusFor(token)).toBe(401);
    await update({ enabled: true });
    expect([await statusFor(token), await listed()]).toEqual([401, []]);
  });

  test('once its client is deleted', async () => {
    const { id, token } = await newToken();
    await administer('mutation ($id: ID!) { deleteApiClient(id: $id) }', { id: client.id });
    expect(await statusFor(token)).toBe(401);
    const left = await server.database.query('SELECT id FROM scim_token WHERE id = $1', [id]);
    expect(left).toEqual([]);
  });

  test('as far as its client loses scopes or projects', async () => {
    const { token } = await newToken();
    await update({ scopes: ['users:read'] });
    expect(await statusFor(token)).toBe(200);
    expect((await directory(token).call('POST', '/Users', newUser('x'))).status).toBe(403);
    await update({ projectIds: [otherProjectId] });
    expect([await statusFor(token), await statusFor(token, otherProjectId)]).toEqual([404, 200]);
    await update({ scopes: ['enrolment:read'] });
    expect(await statusFor(token, otherProjectId)).toBe(403);
  });

  test('like one that never was', async () => {
    const { id, token } = await newToken();
    await revoke(id);
    const answers = [];
    for (const unknown of [token, `signet_scim_${'A'.repeat(43)}`, 'signet_scim_', 'a.b.c']) {
      const { status, body, headers } = await directory(unknown).call('GET', '/Users');
      answers.push([status, body, headers.get('www-authenticate')]);
    }
    for (const answer of answers) expect(answer).toEqual(answers.at(-1));
  });
});

describe('a token opens nothing but SCIM', () => {
  test('neither GraphQL, nor a socket, nor files, nor EST', async () => {
    const { token } = await newToken();
    expect(codeOf(await server.graphql('{ viewer { client { id } } }', {}, { token }))).toBe(
      'UNAUTHENTICATED',
    );
    const socket = new TestSocket(`${server.url}/graphql`);
    await socket.opened;
    socket.send({
      type: 'connection_init',
      payload: { authorization: `Bearer ${token}` },
    });
    expect(await socket.closed).toBe(4401);
    for (const [method, path] of [
      ['POST', `/imports/users?project=${projectId}`],
      ['GET', `/projects/${projectId}/assigned-ids.csv`],
      ['POST', '/assigned-ids/confirmations'],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/csv' };
      const { status } = await fetch(`${server.url}${path}`, { method, headers });
      expect([path, status]).toEqual([path, 401]);
    }
    const { csr } = requestFor('AUTHENTICATION', newName('challenge'));
    const est = await fetch(`${server.url}/.well-known/est/authentication/simpleenroll`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/pkcs10' },
      body: csr.replace(/-----[^-]+-----|\s/g, ''),
    });
    expect(((await est.json()) as { code: string }).code).toBe('CODE_UNKNOWN');
  });

  test('nor does it count as a cookie', async () => {
    const { token } = await newToken();
    const response = await fetch(`${server.url}/scim/v2/projects/${projectId}/Users`, {
      headers: { cookie: `signet=${token}` },
    });
    expect(response.status).toBe(401);
  });
});

describe('an administrator', () => {
  test('sees a token once, and then its name, its dates and its last use', async () => {
    const { data } = await tryCreateScimToken(server, admin, client, { name: ' Okta ', projectId });
    const { token, scimToken } = data.createScimToken;
    expect(token).toMatch(/^signet_scim_[\w-]{43}$/);
    const days = (Date.parse(scimToken.expiresAt) - Date.parse(scimToken.createdAt)) / 86_400_000;
    expect([scimToken.name, scimToken.projectId, days]).toEqual(['Okta', projectId, 365]);
    expect(await listed()).toEqual([{ ...scimToken, lastUsedAt: null }]);
    await statusFor(token);
    const [used] = await listed();
    expect(used.lastUsedAt).not.toBeNull();
    await statusFor(token);
    expect((await listed())[0].lastUsedAt).toBe(used.lastUsedAt);
    await server.database.query(
      `UPDATE scim_token SET last_used_at = now() - interval '1 hour' WHERE id = $1`,
      [scimToken.id],
    );
    await statusFor(token);
    expect((await listed())[0].lastUsedAt > used.lastUsedAt).toBe(true);
  });

  test('alone makes, sees and revokes them', async () => {
    const { id, token } = await newToken();
    const caller = await accessToken(server, client);
    expect(codeOf(await tryCreateScimToken(server, caller, client))).toBe('FORBIDDEN');
    const own = '{ viewer { client { scimTokens { id } } } }';
    expect(codeOf(await server.graphql(own, {}, { token: caller }))).toBe('FORBIDDEN');
    const revoking = 'mutation ($id: ID!) { revokeScimToken(id: $id) }';
    expect(codeOf(await server.graphql(revoking, { id }, { token: caller }))).toBe('FORBIDDEN');
    expect(await statusFor(token)).toBe(200);
  });

  test.each<[string, ScimTokenWishes]>([
    ['validityDays', { validityDays: 731 }],
    ['validityDays', { validityDays: 0 }],
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(101) }],
    ['projectId', { projectId: NOBODY }],
    ['projectId', { projectId: 'x' }],
    ['projectId', { projectId: '' }],
  ])('is told of %s that it is refused: %j', async (field, wishes) => {
    const { errors } = await tryCreateScimToken(server, admin, client, wishes);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field }],
    });
  });

  test('makes none without an end, none for a client that is not there, and none beyond its projects', async () => {
    const endless = await tryCreateScimToken(server, admin, client, { validityDays: null });
    expect(codeOf(endless)).toBe('INVALID_INPUT');
    expect(codeOf(await tryCreateScimToken(server, admin, { id: NOBODY }))).toBe('NOT_FOUND');
    await update({ scopes: ['users:read'], projectIds: [projectId] });
    const beyond = await tryCreateScimToken(server, admin, client, { projectId: otherProjectId });
    expect(codeOf(beyond)).toBe('INVALID_INPUT');
  });

  test('makes as many as a client may have, however many at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 22 }, () => tryCreateScimToken(server, admin, client)),
    );
    const refused = answers.filter(({ errors }) => errors.length > 0);
    expect(refused.map(({ errors }) => errors[0]?.extensions)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.objectContaining({ code: 'CONFLICT', reason: 'TOO_MANY_SCIM_TOKENS', max: 20 }),
      ),
    );
    await server.database.query(
      'UPDATE scim_token SET expires_at = now() WHERE api_client_id = $1',
      [client.id],
    );
    expect((await tryCreateScimToken(server, admin, client)).errors).toEqual([]);
  });
});

test('a token is stored as its hash, and stands in no entry of the audit log', async () => {
  const name = newName('directory');
  const { id, token } = await newToken({ name, projectId, validityDays: 730 });
  await revoke(id);
  expect(await entriesOf()).toEqual([
    {
      action: 'scim-token.create',
      detail: `${name} (scim-token:${id}): project:${projectId}, 730 days`,
    },
    { action: 'scim-token.revoke', detail: `${name} (scim-token:${id})` },
  ]);
  const kept = await newToken();
  const [row] = await server.database.query<{ row: string; hash: string }>(
    `SELECT t::text AS row, encode(token_hash, 'hex') AS hash FROM scim_token t WHERE id = $1`,
    [kept.id],
  );
  expect(row?.hash).toMatch(/^[0-9a-f]{64}$/);
  for (const secret of [token, kept.token]) {
    expect(row?.row).not.toContain(secret.slice('signet_scim_'.length));
  }
});
