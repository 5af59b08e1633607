import * as oauth from 'openid-client';
import {
  accessToken,
  clientKey,
  createClient,
  discover,
  grant,
  noted,
  postToken,
  signedJwt,
  type TestClient,
} from '../helpers/api-clients';
import { gatherCast, statusOf, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName, orderOf, type Order } from '../helpers/orders';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { Watcher } from '../helpers/subscription';

const BOTH = ['enrolment:create', 'enrolment:read'];
const SUPPLY = `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
  startEnrolmentForUser(userId: $userId, input: $input) {
    watchToken enrolment { id status qr { uri } user { username } project { id } } } }`;

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 50 });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

function trySupply(
  token: string,
  input: object = {},
  userId = cast.alva.id,
): Promise<GraphqlAnswer<any>> {
  const order = { projectId: cast.projectId, ...input };
  return server.graphql(SUPPLY, { userId, input: order }, { token });
}

async function supply(token: string, input: object = {}, userId?: string): Promise<Order> {
  const { data, errors } = await trySupply(token, input, userId);
  expect(errors).toEqual([]);
  return orderOf(data.startEnrolmentForUser);
}

function administer(query: string, variables: Record<string, unknown>) {
  return server.graphql(query, variables, { token: cast.admin });
}

function update({ id }: TestClient, input: Record<string, unknown>) {
  return administer(
    'mutation ($id: ID!, $input: UpdateApiClientInput!) { updateApiClient(id: $id, input: $input) { id enabled scopes projectIds name } }',
    { id, input },
  );
}

async function rotate({ id }: TestClient, overlapSeconds?: number): Promise<TestClient> {
  const { data, errors } = await administer(
    `mutation ($id: ID!, $overlap: Int! = 86400) {
       rotateApiClientSecret(id: $id, overlapSeconds: $overlap) { clientSecret client { id clientId } } }`,
    { id, ...(overlapSeconds === undefined ? {} : { overlap: overlapSeconds }) },
  );
  expect(errors).toEqual([]);
  return noted(data.rotateApiClientSecret);
}

async function remove({ id }: TestClient): Promise<void> {
  const { data } = await administer('mutation ($id: ID!) { deleteApiClient(id: $id) }', { id });
  expect(data).toEqual({ deleteApiClient: true });
}

function nextCall(token: string): Promise<GraphqlAnswer<any>> {
  return server.graphql('{ viewer { client { id } } }', {}, { token });
}

describe('a standard client library', () => {
  test.each([
    [
      'client_secret_basic',
      (client: TestClient) => Promise.resolve(oauth.ClientSecretBasic(client.clientSecret)),
    ],
    [
      'client_secret_post',
      (client: TestClient) => Promise.resolve(oauth.ClientSecretPost(client.clientSecret)),
    ],
  ])('finds the server, gets a token by %s and orders an enrolment', async (_method, method) => {
    const client = await createClient(server, cast.admin, { scopes: BOTH });
    const config = await discover(server, client.clientId, await method(client));
    const tokens = await grant(config);
    expect(tokens.token_type).toBe('bearer');
    expect(tokens.expires_in).toBe(600);
    expect(tokens.scope).toBe('enrolment:create enrolment:read');
    expect(await mobileIdBy(tokens.access_token)).toEqual({ kind: 'complete' });
  });

  test('gets a token by private_key_jwt and orders an enrolment', async () => {
    const { jwks, kid, privateKey } = clientKey();
    const client = await createClient(server, cast.admin, { scopes: BOTH, jwks });
    const key = await crypto.subtle.importKey(
      'jwk',
      privateKey.export({ format: 'jwk' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const config = await discover(server, client.clientId, oauth.PrivateKeyJwt({ key, kid }));
    const tokens = await grant(config, {
      resource: `${server.url}/graphql`,
      scope: BOTH.join(' '),
    });
    expect(await mobileIdBy(tokens.access_token)).toEqual({ kind: 'complete' });
  });

  /** Ordered over HTTP, watched over a WebSocket with the same token. */
  async function mobileIdBy(token: string): Promise<object> {
    const order = await supply(token);
    const watcher = new Watcher(server.url, order.id, { token });
    await watcher.until('WAITING_FOR_SCAN');
    await new HonestOrNotPhone(server).enrol(order.code);
    await watcher.until('ACTIVE');
    const ended = await watcher.ended;
    await watcher.drop();
    return ended;
  }
});

describe('the metadata', () => {
  test('tells of client credentials, and of nothing that is not there', async () => {
    const response = await fetch(`${server.url}/.well-known/oauth-authorization-server`, {
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    });
    expect(await response.json()).toEqual({
      issuer: server.url,
      token_endpoint: `${server.url}/oauth/token`,
      jwks_uri: `${server.url}/oauth/jwks`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256', 'PS256']),
      scopes_supported: [
        'enrolment:create',
        'enrolment:read',
        'users:read',
        'users:write',
        'members:write',
        'projects:read',
        'assigned-ids:read',
        'assigned-ids:confirm',
      ],
    });
  });

  test('leads to the public keys, and to those only', async () => {
    const response = await fetch(`${server.url}/oauth/jwks`);
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'].sort(),
    );
  });

  test.each([
    '/.well-known/openid-configuration',
    '/oauth/auth',
    '/auth',
    '/me',
    '/oauth/token/introspection',
    '/token/revocation',
    '/reg',
    '/request',
    '/session/end',
    '/device',
  ])('is all there is: %s is not', async (path) => {
    expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    expect((await fetch(`${server.url}${path}`, { method: 'POST' })).status).toBe(404);
  });
});

describe('the caller', () => {
  test('is a client, whose one proof is its token', async () => {
    const client = await createClient(server, cast.admin, { scopes: ['users:read'] });
    const token = await accessToken(server, client);
    const { data } = await server.graphql(
      `{ viewer { user { id } client { id clientId scopes projectIds enabled } sessionExpiresAt evidence { method provider at } } }`,
      {},
      { token },
    );
    const [, payload] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as {
      iat: number;
      exp: number;
    };
    const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
    expect(data.viewer).toEqual({
      user: null,
      client: {
        ...{ id: client.id, clientId: client.clientId, scopes: ['users:read'] },
        ...{ projectIds: [], enabled: true },
      },
      evidence: [{ method: 'CLIENT_CREDENTIALS', provider: null, at: at(claims.iat) }],
      sessionExpiresAt: at(claims.exp),
    });
  });

  test('is nobody’s user', async () => {
    const client = await createClient(server, cast.admin, { scopes: BOTH });
    const token = await accessToken(server, client);
    for (const query of [
      '{ myProfiles { id } }',
      '{ mobileIdOffers { projectId } }',
      'mutation { startEnrolment(input: {}) { watchToken } }',
    ]) {
      expect(codeOf(await server.graphql(query, {}, { token }))).toBe('FORBIDDEN');
    }
    const { data } = await server.graphql(
      '{ viewer { user { id } } }',
      {},
      {
        headers: { cookie: `signet=${token}` },
      },
    );
    expect(data.viewer).toBeNull();
  });

  test('sees the code of what it has ordered; another client does not', async () => {
    const token = await accessToken(
      server,
      await createClient(server, cast.admin, { scopes: BOTH }),
    );
    const other = await accessToken(
      server,
      await createClient(server, cast.admin, { scopes: BOTH }),
    );
    const { id } = await supply(token);
    const qrFor = async (caller: string): Promise<unknown> =>
      (
        await server.graphql(
          'query ($id: ID!) { enrolment(id: $id) { id qr { uri } } }',
          { id },
          { token: caller },
        )
      ).data.enrolment;
    expect(await qrFor(token)).toMatchObject({ id, qr: { uri: expect.any(String) } });
    expect(await qrFor(other)).toEqual({ id, qr: null });
  });

  test('cancels what it has ordered, and not what others have', async () => {
    const cancel = (token: string, id: string) =>
      server.graphql(
        'mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }',
        { id },
        { token },
      );
    const token = await accessToken(
      server,
      await createClient(server, cast.admin, { scopes: BOTH }),
    );
    const other = await accessToken(
      server,
      await createClient(server, cast.admin, { scopes: BOTH }),
    );
    const { id } = await supply(token);
    expect(codeOf(await cancel(other, id))).toBe('NOT_FOUND');
    expect((await cancel(token, id)).data.cancelEnrolment.status).toBe('CANCELLED');
  });

  test('acts on plain users only', async () => {
    const scopes = ['enrolment:create', 'users:write'];
    const token = await accessToken(server, await createClient(server, cast.admin, { scopes }));
    for (const userId of [cast.operator.id, cast.adminId]) {
      expect(codeOf(await trySupply(token, {}, userId))).toBe('FORBIDDEN');
      const locked = await server.graphql(
        'mutation ($id: ID!) { lockUser(id: $id, reason: "x") { id } }',
        { id: userId },
        { token },
      );
      expect(codeOf(locked)).toBe('FORBIDDEN');
    }
  });

  test('cannot know a user’s password, nor change users from within some projects', async () => {
    const scopes = ['users:write'];
    const token = await accessToken(server, await createClient(server, cast.admin, { scopes }));
    const input = { username: newName('u'), displayName: 'U', email: 'u@example.org' };
    const create = (more: object) =>
      server.graphql(
        'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
        { input: { ...input, ...more } },
        { token },
      );
    expect(codeOf(await create({ password: 'a secret of the client' }))).toBe('FORBIDDEN');
    expect((await create({})).data.createUser.id).toBeDefined();
    const limited = await server.graphql(
      `mutation ($scopes: [String!]!, $projectIds: [ID!]) {
         createApiClient(name: "limited", scopes: $scopes, projectIds: $projectIds) { clientSecret } }`,
      { scopes, projectIds: [cast.projectId] },
      { token: cast.admin },
    );
    expect(codeOf(limited)).toBe('INVALID_INPUT');
    expect(limited.errors[0]?.extensions['fields']).toEqual([
      { field: 'scopes', message: 'users:write cannot be limited to projects.' },
    ]);
  });

  test('places an order once under an idempotency key, which is its own', async () => {
    const first = await createClient(server, cast.admin, { scopes: BOTH });
    const second = await createClient(server, cast.admin, { scopes: BOTH });
    const token = await accessToken(server, first);
    const order = await supply(token, { idempotencyKey: 'one' });
    expect((await supply(await accessToken(server, first), { idempotencyKey: 'one' })).id).toBe(
      order.id,
    );
    const others = await supply(await accessToken(server, second), { idempotencyKey: 'one' });
    expect(others.id).not.toBe(order.id);
  });

  test('stands in the audit log under its public name', async () => {
    const client = await createClient(server, cast.admin, { scopes: BOTH });
    const { id } = await supply(await accessToken(server, client));
    const entries = await server.database.query(
      'SELECT actor, actor_id, action FROM audit_entry WHERE target = $1',
      [`enrolment:${id}`],
    );
    expect(entries).toEqual([
      { actor: `client:${client.clientId}`, actor_id: client.id, action: 'enrolment.start' },
    ]);
  });
});

describe('a rotated secret', () => {
  test('and the earlier one count both, until the overlap is over', async () => {
    const client = await createClient(server, cast.admin);
    const rotated = await rotate(client);
    expect(rotated.clientSecret).not.toBe(client.clientSecret);
    const token = await accessToken(server, client);
    await accessToken(server, rotated);
    const [row] = await server.database.query<{ hours: number }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int / 3600 AS hours FROM api_client_secret
       WHERE api_client_id = $1 AND expires_at IS NOT NULL`,
      [client.id],
    );
    expect(row).toEqual({ hours: 24 });
    await server.database.query(
      `UPDATE api_client_secret SET expires_at = now() WHERE api_client_id = $1 AND expires_at IS NOT NULL`,
      [client.id],
    );
    await expect(accessToken(server, client)).rejects.toThrow('invalid_client');
    await accessToken(server, rotated);
    expect((await nextCall(token)).data.viewer.client.id).toBe(client.id);
  });

  test('without overlap ends the earlier one, and every token that was given out', async () => {
    const client = await createClient(server, cast.admin);
    const token = await accessToken(server, client);
    const rotated = await rotate(client, 0);
    await expect(accessToken(server, client)).rejects.toThrow('invalid_client');
    expect(codeOf(await nextCall(token))).toBe('UNAUTHENTICATED');
    const next = await accessToken(server, rotated);
    expect((await nextCall(next)).data.viewer.client.id).toBe(client.id);
  });

  test('keeps an overlap that is nearly over as short as it is', async () => {
    const client = await createClient(server, cast.admin);
    await rotate(client, 60);
    await rotate(client);
    const rows = await server.database.query<{ seconds: number }>(
      `SELECT round(extract(epoch FROM expires_at - now()))::int AS seconds FROM api_client_secret
       WHERE api_client_id = $1 AND expires_at IS NOT NULL ORDER BY expires_at`,
      [client.id],
    );
    expect(rows[0]?.seconds).toBeLessThanOrEqual(60);
    expect(rows[1]?.seconds).toBeGreaterThan(86_000);
  });

  test.each([-1, 604_801])('with an overlap of %d s is INVALID_INPUT', async (overlap) => {
    const { id } = await createClient(server, cast.admin);
    const answer = await administer(
      'mutation ($id: ID!, $o: Int!) { rotateApiClientSecret(id: $id, overlapSeconds: $o) { clientSecret } }',
      { id, o: overlap },
    );
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'overlapSeconds' }]);
  });

  test('beside too many that still count is a CONFLICT', async () => {
    const client = await createClient(server, cast.admin);
    for (let i = 0; i < 9; i += 1) await rotate(client);
    const answer = await administer(
      'mutation ($id: ID!) { rotateApiClientSecret(id: $id) { clientSecret } }',
      { id: client.id },
    );
    expect(codeOf(answer)).toBe('CONFLICT');
    await rotate(client, 0);
  });
});

describe('a client that is', () => {
  type Ending = (client: TestClient) => Promise<unknown>;
  const ENDINGS: [string, Ending][] = [
    ['deleted', (client) => remove(client)],
    ['disabled', (client) => update(client, { enabled: false })],
  ];

  test.each(ENDINGS)(
    '%s has its live subscription closed, and its next call refused',
    async (_how, end) => {
      const client = await createClient(server, cast.admin, { scopes: BOTH });
      const token = await accessToken(server, client);
      const { id } = await supply(await accessToken(server, client));
      const watcher = new Watcher(server.url, id, { token });
      await watcher.until('WAITING_FOR_SCAN');
      expect((await nextCall(token)).data.viewer.client.id).toBe(client.id);
      await end(client);
      await expect(watcher.closed).resolves.toBe(4401);
      expect(codeOf(await nextCall(token))).toBe('UNAUTHENTICATED');
      await expect(accessToken(server, client)).rejects.toThrow('invalid_client');
      expect(await statusOf(server, id)).toBe('CANCELLED');
    },
  );

  test('enabled again needs a new token', async () => {
    const client = await createClient(server, cast.admin);
    const token = await accessToken(server, client);
    await update(client, { enabled: false });
    await update(client, { enabled: true });
    expect(codeOf(await nextCall(token))).toBe('UNAUTHENTICATED');
    const next = await accessToken(server, client);
    expect((await nextCall(next)).data.viewer.client.id).toBe(client.id);
  });

  test('deprived of a scope may no longer see, with the token it has', async () => {
    const client = await createClient(server, cast.admin, { scopes: BOTH });
    const token = await accessToken(server, client);
    const { id } = await supply(token);
    const watcher = new Watcher(server.url, id, { token });
    await watcher.until('WAITING_FOR_SCAN');
    await update(client, { scopes: ['enrolment:create'] });
    await expect(watcher.closed).resolves.toBe(4403);
    expect((await nextCall(token)).data.viewer.client.id).toBe(client.id);
  });

  test('given a scope later needs a new token for it', async () => {
    const client = await createClient(server, cast.admin, { scopes: ['users:read'] });
    const token = await accessToken(server, client);
    await update(client, { scopes: ['users:read', 'projects:read'] });
    const query = '{ projects { totalCount } }';
    expect(codeOf(await server.graphql(query, {}, { token }))).toBe('FORBIDDEN');
    const next = await accessToken(server, client);
    expect((await server.graphql(query, {}, { token: next })).errors).toEqual([]);
  });

  test('given other keys has its tokens ended', async () => {
    const client = await createClient(server, cast.admin);
    const token = await accessToken(server, client);
    await update(client, { jwks: clientKey().jwks });
    expect(codeOf(await nextCall(token))).toBe('UNAUTHENTICATED');
    await expect(accessToken(server, client)).rejects.toThrow('invalid_client');
    await update(client, { jwks: null });
    await accessToken(server, client);
  });

  test('renamed goes on', async () => {
    const { jwks } = clientKey();
    const client = await createClient(server, cast.admin, { jwks });
    await update(client, { name: 'New name', jwks });
    const [row] = await server.database.query(
      'SELECT name, token_generation FROM api_client WHERE id = $1',
      [client.id],
    );
    expect(row).toEqual({ name: 'New name', token_generation: 1 });
  });
});

test('a socket ends when its token does', async () => {
  const client = await createClient(server, cast.admin, { scopes: BOTH });
  const token = await accessToken(server, client);
  const order = await supply(token);
  const { signingKeys, work } = server.app.services;
  const request = await work.systemRequest('test', 'test');
  const [{ kid, privateKey }] = await work.change(request, (scope) => signingKeys.open(scope));
  const shortLived = withClaims(token, kid, privateKey);
  const watcher = new Watcher(server.url, order.id, { token: shortLived });
  await watcher.until('WAITING_FOR_SCAN');
  await expect(watcher.closed).resolves.toBe(4401);
});

test('an order is placed by who stands when it is stored: deleted meanwhile, it is refused', async () => {
  const client = await createClient(server, cast.admin, { scopes: BOTH });
  const { ordering, work, clients } = server.app.services;
  const request = await work.systemRequest('test', 'test');
  const actor = {
    kind: 'client',
    apiClientId: client.id as never,
    name: client.clientId,
    scopes: BOTH,
    projectIds: [],
    tokenIssuedAt: new Date(),
    tokenExpiresAt: new Date(Date.now() + 60_000),
  } as const;
  await work.change(request, (scope) => clients.delete(scope, client.id));
  const order = { projectId: cast.projectId };
  const placing = work.change({ ...request, actor }, (scope) =>
    ordering.startFor(scope, actor, { userId: cast.alva.id as never, order }),
  );
  await expect(placing).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('the secret is stored as its hash, and stands in no answer but the first', async () => {
  const client = await createClient(server, cast.admin);
  const { data } = await administer('{ apiClients { id clientId name } }', {});
  expect(JSON.stringify(data)).not.toContain(client.clientSecret);
  expect(data.apiClients[0]).toMatchObject({ id: client.id });
  const [row] = await server.database.query<{ hash: string }>(
    `SELECT encode(secret_hash, 'hex') AS hash FROM api_client_secret WHERE api_client_id = $1`,
    [client.id],
  );
  expect(row?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(Buffer.from(client.clientSecret, 'base64url')).toHaveLength(32);
});

test('the last use is noted', async () => {
  const client = await createClient(server, cast.admin);
  await postToken(server, { client_id: client.clientId, client_secret: client.clientSecret });
  const { data } = await administer('{ apiClients { id lastUsedAt } }', {});
  const known = data.apiClients as { id: string; lastUsedAt: string | null }[];
  expect(known.find(({ id }) => id === client.id)?.lastUsedAt).not.toBeNull();
});

function withClaims(token: string, kid: string, key: Parameters<typeof signedJwt>[2]): string {
  const [, payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const exp = Math.floor(Date.now() / 1000) + 6;
  return signedJwt({ alg: 'ES256', typ: 'at+jwt', kid }, { ...claims, exp }, key);
}
