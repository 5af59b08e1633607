import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import {
  accessToken,
  assertionBy,
  clientKey,
  createClient,
  postAssertion,
  postToken,
  signedJwt,
  type TestClient,
  type TestKey,
} from '../helpers/api-clients';
import { gatherCast, type Cast } from '../helpers/cast';
import { TestSocket } from '../helpers/edge/edge-socket';
import { codeOf } from '../helpers/graphql';
import { noteSecret } from '../helpers/run';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  client = await createClient(server, cast.admin, { scopes: ['users:read', 'projects:read'] });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const ASK = '{ viewer { client { id } } users { totalCount } }';

type Claims = Readonly<Record<string, unknown>>;
interface Parts {
  readonly header: Claims;
  readonly claims: Claims;
  readonly key: KeyObject;
}

/** A genuine token, and the key that it was signed with. */
async function genuine(): Promise<Parts> {
  const token = await accessToken(server, client);
  const [header, claims] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims);
  const { signingKeys, work } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  const [{ privateKey }] = await work.change(request, (scope) => signingKeys.open(scope));
  noteSecret(privateKey.export({ format: 'jwk' }).d ?? '');
  return { header: header ?? {}, claims: claims ?? {}, key: privateKey };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

describe('an access token', () => {
  test('is a JWT of ten minutes for this API', async () => {
    const { header, claims } = await genuine();
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(claims).toEqual({
      iss: server.url,
      aud: `${server.url}/graphql`,
      sub: client.clientId,
      client_id: client.clientId,
      scope: 'users:read projects:read',
      iat: expect.any(Number),
      exp: Number(claims['iat']) + 600,
      jti: expect.any(String),
      generation: 1,
    });
  });

  const now = (): number => Math.floor(Date.now() / 1000);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** Each differs from the genuine one in one thing only. */
  const FORGERIES: Readonly<Record<string, (parts: Parts) => string | Promise<string>>> = {
    'alg none': ({ header, claims }) =>
      `${encoded({ ...header, alg: 'none' })}.${encoded(claims)}.`,
    'no signature': ({ header, claims }) => `${encoded(header)}.${encoded(claims)}.`,
    'another key under our kid': ({ header, claims }) =>
      signedJwt(header, claims, other.privateKey),
    'a key of its own in the header': ({ header, claims }) =>
      signedJwt(
        { ...header, jwk: other.publicKey.export({ format: 'jwk' }) },
        claims,
        other.privateKey,
      ),
    'an unknown kid': ({ header, claims, key }) =>
      signedJwt({ ...header, kid: 'A'.repeat(43) }, claims, key),
    'a kid that is SQL': ({ header, claims, key }) =>
      signedJwt({ ...header, kid: `' OR kid = kid --` }, claims, key),
    'no kid': ({ header, claims, key }) => signedJwt({ ...header, kid: undefined }, claims, key),
    'HS256 with our public key as its secret': ({ header, claims, key }) => {
      const pem = createPublicKey(key).export({ format: 'pem', type: 'spki' });
      const signed = `${encoded({ ...header, alg: 'HS256' })}.${encoded(claims)}`;
      return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
    },
    'another audience': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, aud: 'https://other.example/graphql' }, key),
    'no audience': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, aud: undefined }, key),
    'another issuer': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, iss: 'https://other.example' }, key),
    'the type of an ID token': ({ header, claims, key }) =>
      signedJwt({ ...header, typ: 'JWT' }, claims, key),
    'the type of a phone’s proof': ({ header, claims, key }) =>
      signedJwt({ ...header, typ: 'claim+jwt' }, claims, key),
    'its time run out': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, exp: now() - 1 }, key),
    'no end': ({ header, claims, key }) => signedJwt(header, { ...claims, exp: undefined }, key),
    'a time to come': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, nbf: now() + 300 }, key),
    'another client': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, client_id: 'nobody' }, key),
    'the id of a deleted client': async ({ header, claims, key }) => {
      const deleted = await createClient(server, cast.admin);
      await server.graphql(
        'mutation ($id: ID!) { deleteApiClient(id: $id) }',
        { id: deleted.id },
        { token: cast.admin },
      );
      const { clientId } = deleted;
      return signedJwt(header, { ...claims, client_id: clientId, sub: clientId }, key);
    },
    'an earlier generation': ({ header, claims, key }) =>
      signedJwt(header, { ...claims, generation: 0 }, key),
    'an unknown critical extension': ({ header, claims, key }) =>
      signedJwt({ ...header, crit: ['x'], x: 1 }, claims, key),
    'a payload that was changed': ({ header, claims, key }) => {
      const [head, , signature] = signedJwt(header, claims, key).split('.');
      return `${String(head)}.${encoded({ ...claims, scope: 'users:write' })}.${String(signature)}`;
    },
    'nothing in it': () => '..',
    'a fourth part': ({ header, claims, key }) => `${signedJwt(header, claims, key)}.x`,
    'no JSON in it': () => 'abc.def.ghi',
  };

  test('that is signed anew without a change passes, so that each refusal below has one cause', async () => {
    const { header, claims, key } = await genuine();
    const token = signedJwt(header, claims, key);
    const { data } = await server.graphql(ASK, {}, { token });
    expect(data.viewer.client.id).toBe(client.id);
  });

  test.each(Object.entries(FORGERIES))('with %s is UNAUTHENTICATED', async (_what, forge) => {
    const token = await forge(await genuine());
    noteSecret(token);
    const answer = await server.graphql(ASK, {}, { token });
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
    const socket = new TestSocket(`${server.url}/graphql`);
    await socket.opened;
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await expect(socket.closed).resolves.toBe(4401);
  });

  test('claims no scope that the client does not have', async () => {
    const { header, claims, key } = await genuine();
    const token = signedJwt(header, { ...claims, scope: 'users:write enrolment:create' }, key);
    expect(codeOf(await server.graphql(ASK, {}, { token }))).toBe('FORBIDDEN');
  });

  test('is read where the key was made by another instance', async () => {
    const { claims } = await genuine();
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = 'k'.repeat(43);
    await server.database.query(
      `INSERT INTO oauth_signing_key (kid, public_jwk, private_key, created_at) VALUES ($1, $2, '', now())`,
      [kid, JSON.stringify(pair.publicKey.export({ format: 'jwk' }))],
    );
    const token = signedJwt({ alg: 'ES256', typ: 'at+jwt', kid }, claims, pair.privateKey);
    expect((await server.graphql(ASK, {}, { token })).errors).toEqual([]);
    await server.database.query('DELETE FROM oauth_signing_key WHERE kid = $1', [kid]);
  });
});

describe('a token request', () => {
  const secret = (): Record<string, string> => ({
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  const basic = (id: string, password: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
  });

  test('gets an answer that nobody may keep', async () => {
    const { status, headers, body } = await postToken(server, secret());
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(Object.keys(body).sort()).toEqual(
      ['access_token', 'expires_in', 'scope', 'token_type'].sort(),
    );
  });

  test('gets fewer scopes where it asks for fewer', async () => {
    const { body } = await postToken(server, { ...secret(), scope: 'projects:read' });
    expect(body.scope).toBe('projects:read');
    const { access_token: token } = body;
    expect(codeOf(await server.graphql('{ users { totalCount } }', {}, { token }))).toBe(
      'FORBIDDEN',
    );
    const { errors } = await server.graphql('{ projects { totalCount } }', {}, { token });
    expect(errors).toEqual([]);
  });

  const REFUSED: Readonly<
    Record<string, [error: string, status: number, form: () => Record<string, string>]>
  > = {
    'a scope that it does not have': [
      'invalid_scope',
      400,
      () => ({ ...secret(), scope: 'users:read users:write' }),
    ],
    'an unknown scope': ['invalid_scope', 400, () => ({ ...secret(), scope: 'everything' })],
    openid: ['invalid_scope', 400, () => ({ ...secret(), scope: 'openid' })],
    'a scope that is none': ['invalid_scope', 400, () => ({ ...secret(), scope: '"' })],
    'another resource': [
      'invalid_target',
      400,
      () => ({ ...secret(), resource: 'https://other.example/' }),
    ],
    'a password grant': [
      'unsupported_grant_type',
      400,
      () => ({ ...secret(), grant_type: 'password', username: 'alva', password: 'x' }),
    ],
    'a code': [
      'unsupported_grant_type',
      400,
      () => ({ ...secret(), grant_type: 'authorization_code' }),
    ],
    'no grant type': ['invalid_request', 400, () => ({ ...secret(), grant_type: '' })],
    'nothing to prove it by': ['invalid_client', 401, () => ({ client_id: client.clientId })],
    'a wrong secret': [
      'invalid_client',
      401,
      () => ({ ...secret(), client_secret: 'x'.repeat(43) }),
    ],
    'a secret that begins like the right one': [
      'invalid_client',
      401,
      () => ({ ...secret(), client_secret: client.clientSecret.slice(0, -1) }),
    ],
    'the secret of another': ['invalid_client', 401, () => ({ ...secret(), client_id: 'nobody' })],
    'an id with a NUL': ['invalid_client', 401, () => ({ ...secret(), client_id: 'a\0b' })],
    'an id of another alphabet': [
      'invalid_client',
      401,
      () => ({ ...secret(), client_id: 'ключ' }),
    ],
    'the hash instead of the secret': [
      'invalid_client',
      401,
      () => ({ ...secret(), client_secret: 'f'.repeat(64) }),
    ],
  };
  test.each(Object.entries(REFUSED))('for %s is refused', async (_what, [error, status, form]) => {
    const answer = await postToken(server, form());
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(JSON.stringify(answer.body)).not.toContain(client.clientSecret);
  });

  test('by an unknown client, a disabled one or with a wrong secret looks the same', async () => {
    const disabled = await createClient(server, cast.admin);
    await server.database.query('UPDATE api_client SET enabled = false WHERE id = $1', [
      disabled.id,
    ]);
    const keyed = await createClient(server, cast.admin, { jwks: clientKey().jwks });
    const attempts = [
      basic('nobody', 'x'.repeat(43)),
      basic(client.clientId, 'x'.repeat(43)),
      basic(disabled.clientId, disabled.clientSecret),
      basic(keyed.clientId, keyed.clientSecret),
    ];
    const answers = [];
    for (const headers of attempts) {
      const { status, body, headers: told } = await postToken(server, {}, headers);
      answers.push({ status, body, challenge: told.get('www-authenticate') });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: 'client authentication failed' },
      challenge: expect.stringMatching(/^Basic realm=/),
    });
  });

  test('from a page of another site is answered as any other, unreadable for the page', async () => {
    const headers = { origin: 'https://evil.example' };
    const right = await postToken(server, secret(), headers);
    const wrong = await postToken(server, { ...secret(), client_secret: 'wrong' }, headers);
    expect([right.status, wrong.status]).toEqual([200, 401]);
    expect(right.headers.get('access-control-allow-origin')).toBeNull();
    expect(wrong.headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each(['text/html', '*/*', 'application/xml'])(
    'that accepts %s gets JSON',
    async (accept) => {
      const { headers, body } = await postToken(server, { client_id: 'nobody' }, { accept });
      expect(headers.get('content-type')).toContain('application/json');
      expect(body.error).toBe('invalid_client');
    },
  );

  test('with two ways to prove it is refused', async () => {
    const { status, body } = await postToken(
      server,
      secret(),
      basic(client.clientId, client.clientSecret),
    );
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  test('with its secret in the address is refused', async () => {
    const query = new URLSearchParams({ ...secret(), grant_type: 'client_credentials' });
    const response = await fetch(`${server.url}/oauth/token?${query.toString()}`, {
      method: 'POST',
    });
    expect(response.status).toBe(400);
  });

  test.each([
    ['as JSON', 'application/json', '{"grant_type":"client_credentials"}'],
    ['too large', 'application/x-www-form-urlencoded', `a=${'x'.repeat(60_000)}`],
    ['twice the same', 'application/x-www-form-urlencoded', 'client_id=a&client_id=b'],
  ])('with a body %s is refused', async (_what, type, body) => {
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });

  test('that failed stands in the audit log, without what was tried', async () => {
    const { headers } = await postToken(server, { ...secret(), client_secret: 'wrong' });
    const entries = await server.database.query(
      'SELECT actor, action, target, outcome, detail FROM audit_entry WHERE request_id = $1',
      [headers.get('x-request-id')],
    );
    expect(entries).toEqual([
      {
        actor: 'anonymous',
        action: 'oauth.token',
        target: `api-client:${client.id}`,
        outcome: 'REFUSED',
        detail: 'INVALID_CREDENTIALS',
      },
    ]);
  });
});

describe('failed token requests', () => {
  const form = (): Record<string, string> => ({
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  const exhaust = async (name: string, key: string): Promise<void> => {
    const { limits } = server.app.services;
    while (await limits.tryTake(name as never, key)) continue;
  };
  const HERE = '127.0.0.1';

  test('are counted, and give way to a pause', async () => {
    await exhaust('oauth/client-and-address', `${client.clientId} ${HERE}`);
    const { status, headers, body } = await postToken(server, form());
    expect([status, body.error]).toEqual([429, 'temporarily_unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('count for the address, whatever client they name', async () => {
    await exhaust('oauth/address', HERE);
    expect((await postToken(server, { client_id: 'x', client_secret: 'y' })).status).toBe(429);
  });

  test('of strangers elsewhere do not lock out a client where it is known', async () => {
    await accessToken(server, client);
    await exhaust('oauth/client', client.clientId);
    await accessToken(server, client);
    const stranger = await createClient(server, cast.admin);
    await exhaust('oauth/client', stranger.clientId);
    await expect(accessToken(server, stranger)).rejects.toThrow('temporarily_unavailable');
  });

  test('do not add up with those that succeed, also where these ask for too much', async () => {
    for (let i = 0; i < 70; i += 1) {
      const wanted = i % 2 === 0 ? {} : { scope: 'users:write' };
      expect((await postToken(server, { ...form(), ...wanted })).status).not.toBe(429);
    }
    const rows = await server.database.query<{ points: number }>(
      `SELECT points FROM rate_limit WHERE key LIKE 'oauth/%'`,
    );
    expect(rows.map(({ points }) => points)).toEqual(rows.map(() => 0));
  });
});

describe('a client assertion', () => {
  let key: TestKey;
  let keyed: TestClient;
  beforeAll(async () => {
    key = clientKey();
    keyed = await createClient(server, cast.admin, { jwks: key.jwks });
  });
  const audience = (): string => `${server.url}/oauth/token`;
  const made = (changes: Parameters<typeof assertionBy>[3] = {}): string =>
    assertionBy(keyed.clientId, audience(), key, changes);
  const seconds = (): number => Math.floor(Date.now() / 1000);

  test.each([
    ['the token endpoint', () => audience()],
    ['the issuer', () => server.url],
  ])('for %s is accepted', async (_what, aud) => {
    const { status } = await postAssertion(server, made({ claims: { aud: aud() } }));
    expect(status).toBe(200);
  });

  const REFUSED: Readonly<Record<string, () => string>> = {
    'another server': () => made({ claims: { aud: 'https://other.example/oauth/token' } }),
    'nobody in particular': () => made({ claims: { aud: undefined } }),
    'another client’s name': () => made({ claims: { iss: client.clientId } }),
    'no end': () => made({ claims: { exp: undefined } }),
    'an end that has come': () => made({ claims: { exp: seconds() - 60 } }),
    'an end in a year': () => made({ claims: { exp: seconds() + 31_536_000 } }),
    'an end that is no number': () => made({ claims: { exp: 'never' } }),
    'a beginning to come': () => made({ claims: { nbf: seconds() + 120 } }),
    'no jti': () => made({ claims: { jti: undefined } }),
    'another key': () => assertionBy(keyed.clientId, audience(), clientKey()),
    'another key under the right kid': () =>
      assertionBy(keyed.clientId, audience(), { ...clientKey(), kid: key.kid }),
    'alg none': () => {
      const [, payload = ''] = made().split('.');
      return `${encoded({ alg: 'none' })}.${payload}.`;
    },
    'HS256 with its public key as secret': () => {
      const [, payload = ''] = made().split('.');
      const pem = createPublicKey(key.privateKey).export({ format: 'pem', type: 'spki' });
      const signed = `${encoded({ alg: 'HS256', kid: key.kid })}.${payload}`;
      return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
    },
  };
  test.each(Object.entries(REFUSED))('with %s is refused', async (_what, forge) => {
    const { status, body } = await postAssertion(server, forge());
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(body.error_description).toBe('client authentication failed');
  });

  test('for another server is refused even where the request names that one as its host', async () => {
    const other = 'https://other.example/oauth/token';
    const headers = {
      'x-forwarded-host': 'other.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=other.example;proto=https',
    };
    const { status } = await postAssertion(server, made({ claims: { aud: other } }), headers);
    expect(status).toBe(401);
  });

  test('counts once', async () => {
    const assertion = made();
    expect((await postAssertion(server, assertion)).status).toBe(200);
    const again = await postAssertion(server, assertion);
    expect([again.status, again.body.error]).toEqual([401, 'invalid_client']);
  });

  test('posted many times at once counts once', async () => {
    const assertion = made();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => postAssertion(server, assertion)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 11 }, () => 401)]);
  });

  test('under the jti of another client’s is not taken for that one', async () => {
    const jti = randomUUID();
    const second = clientKey();
    const other = await createClient(server, cast.admin, { jwks: second.jwks });
    expect((await postAssertion(server, made({ claims: { jti } }))).status).toBe(200);
    const theirs = assertionBy(other.clientId, audience(), second, { claims: { jti } });
    expect((await postAssertion(server, theirs)).status).toBe(200);
  });

  test('of a client that has a secret is refused', async () => {
    const { status } = await postAssertion(server, assertionBy(client.clientId, audience(), key));
    expect(status).toBe(401);
  });

  test('is forgotten once it has run out', async () => {
    await postAssertion(server, made());
    await server.database.query(`UPDATE oauth_assertion SET expires_at = now() - interval '1 s'`);
    const { work, clientAuthentication } = server.app.services;
    const request = await work.systemRequest('test', randomUUID());
    await work.change(request, (scope) => clientAuthentication.purge(scope));
    expect(await server.database.query('SELECT id FROM oauth_assertion')).toEqual([]);
  });
});
