import { connect as connectTcp } from 'node:net';
import { LIMITS } from '../../src/edge/graphql/limits';
import { DomainError } from '../../src/kernel/errors';
import {
  answerOf,
  startEdge,
  stopEdges,
  TestPorts,
  type Answer,
  type TestEdge,
} from '../helpers/edge/edge-server';

let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(stopEdges);

function limitOf({ status, errors, data }: Answer): object {
  const [error] = errors;
  return { status, data, ...error?.extensions };
}

describe('each limit has its own error', () => {
  const over = (limit: keyof typeof LIMITS): object => ({
    status: 400,
    data: undefined,
    code: 'INVALID_INPUT',
    limit,
    maximum: LIMITS[limit],
  });

  test('depth', async () => {
    const nested = `${'{ friends '.repeat(LIMITS.depth)}{ name }${' }'.repeat(LIMITS.depth)}`;
    expect(limitOf(await edge.query(`{ somebody ${nested} }`))).toEqual(over('depth'));
  });

  test('aliases', async () => {
    const aliases = Array.from({ length: LIMITS.aliases + 1 }, (_, i) => `a${String(i)}: name`);
    const query = `{ somebody { ${aliases.join(' ')} } }`;
    expect(limitOf(await edge.query(query))).toEqual(over('aliases'));
  });

  test('tokens', async () => {
    const query = `{ somebody { ${'name '.repeat(LIMITS.tokens)} } }`;
    expect(limitOf(await edge.query(query))).toEqual(over('tokens'));
  });

  test('directives', async () => {
    const query = `{ somebody { ${'name @include(if: true) '.repeat(LIMITS.directives + 1)} } }`;
    expect(limitOf(await edge.query(query))).toEqual(over('directives'));
  });

  test('one field named over and over, which would be compared pair by pair', async () => {
    const query = `{ ${'hello '.repeat(LIMITS.repeats + 1)} }`;
    expect(limitOf(await edge.query(query))).toEqual(over('repeats'));
    const url = `${edge.url}?query=${encodeURIComponent(query)}`;
    const read = await fetch(url, { headers: { 'apollo-require-preflight': '1' } });
    expect(limitOf(await answerOf(read))).toEqual(over('repeats'));
  });

  test('questions about the schema', async () => {
    const asked = Array.from({ length: 3 }, (_, i) => `s${String(i)}: __schema { description }`);
    expect(limitOf(await edge.query(`{ ${asked.join(' ')} }`))).toEqual(over('introspections'));
  });

  test('root fields', async () => {
    const query = `{ ${'hello '.repeat(LIMITS.rootFields + 1)} }`;
    expect(limitOf(await edge.query(query))).toEqual(over('rootFields'));
  });

  test('cost, counted with page sizes that stand in variables', async () => {
    const query =
      'query ($n: Int!) { somebody { friends(first: $n) { friends(first: $n) { friends(first: $n) { name } } } } }';
    const ask = async (n: number): Promise<Answer> =>
      answerOf(await edge.post({ query, variables: { n } }));
    expect(limitOf(await ask(100))).toEqual(over('cost'));
    expect((await ask(2)).errors).toBeUndefined();
  });

  test('body, with a length told and without', async () => {
    const big = JSON.stringify({ query: '{ hello }', extra: 'x'.repeat(LIMITS.body) });
    expect(limitOf(await answerOf(await edge.post(big)))).toEqual({ ...over('body'), status: 413 });
    const streamed = await fetch(edge.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([big]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(limitOf(await answerOf(streamed))).toEqual({ ...over('body'), status: 413 });
  });
});

describe('malformed requests', () => {
  test.each([
    ['no JSON', '{ "query": ', 400],
    ['no body', '', 400],
    ['no query', '{}', 400],
    ['a batch', '[{"query":"{ hello }"},{"query":"{ hello }"}]', 400],
    ['a query that is no string', '{"query": {"kind": "Document"}}', 400],
    ['variables that are no object', '{"query":"{ hello }","variables":"x"}', 400],
    ['a syntax error', '{"query":"{ hello"}', 400],
    ['an unknown field', '{"query":"{ nothing }"}', 400],
    ['no such operation', '{"query":"query A { hello }","operationName":"B"}', 400],
    ['a subscription', '{"query":"subscription { enrolmentStatus(enrolmentId: 1) }"}', 400],
  ])('%s is refused as invalid input', async (_what, body, status) => {
    const answer = await answerOf(await edge.post(body));
    expect(answer.status).toBe(status);
    expect(answer.data).toBeUndefined();
    expect(answer.errors[0]?.extensions).toEqual({ code: 'INVALID_INPUT' });
  });

  test('other content types, charsets and encodings are refused', async () => {
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/json; charset=latin1' },
      { 'content-encoding': 'gzip' },
    ]) {
      expect((await edge.post({ query: '{ hello }' }, headers)).status).toBe(415);
    }
  });

  test('a caller that wants no JSON is refused before anything runs', async () => {
    const calls = edge.service.calls.length;
    expect((await edge.post({ query: '{ hello }' }, { accept: 'text/csv' })).status).toBe(406);
    expect(edge.service.calls).toHaveLength(calls);
  });

  test('a request that a form of another site could send is refused', async () => {
    const query = encodeURIComponent('{ hello }');
    const bare = await answerOf(await fetch(`${edge.url}?query=${query}`));
    expect(bare.status).toBe(400);
    expect(bare.errors[0]?.message).toContain('CSRF');
    const preflighted = await fetch(`${edge.url}?query=${query}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect((await answerOf(preflighted)).data).toEqual({ hello: 'hello' });
  });

  test('a mutation by GET is refused', async () => {
    const response = await fetch(
      `${edge.url}?query=${encodeURIComponent('mutation { signOut }')}`,
      {
        headers: { 'apollo-require-preflight': '1' },
      },
    );
    expect(response.status).toBe(405);
  });

  test('what is no HTTP ends the connection and nothing else', async () => {
    const { port, hostname } = new URL(edge.url);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connectTcp(Number(port), hostname, () => socket.write('nonsense\r\n\r\n'));
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => {
        resolve(text);
      });
    });
    expect(answer).toContain('400 Bad Request');
    expect((await edge.query('{ hello }')).data).toEqual({ hello: 'hello' });
  });
});

describe('errors', () => {
  test('refused variables are named by path, and their values are not repeated', async () => {
    const query = 'mutation ($id: ID!, $input: AskInput!) { ask(id: $id, input: $input) }';
    const variables = {
      id: { secret: 'hunter2' },
      input: { count: 'hunter2', nickname: 'hunter2' },
    };
    const answer = await answerOf(await edge.post({ query, variables }));
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'INVALID_INPUT',
      fields: [
        { field: 'id', message: 'It must be a value of type ID!.' },
        { field: 'input.email', message: 'A value of type String! is required.' },
        { field: 'input.count', message: 'It must be a value of type Int.' },
        { field: 'input.nickname', message: 'It is no field of type AskInput.' },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.status).toBe(400);
  });

  test('refused inputs are named by path, and their values are not repeated', async () => {
    const answer = await edge.query('mutation { ask(id: 1, input: {email: "hunter2"}) }');
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'INVALID_INPUT',
      fields: [{ field: 'input.email', message: 'email must be an email' }],
    });
    const parts = await edge.query(
      'mutation { askParts(parts: [{label: "a"}, {label: "hunter2"}]) }',
    );
    expect(parts.errors[0]?.extensions['fields']).toEqual([
      { field: 'parts.1.label', message: 'label must be shorter than or equal to 3 characters' },
    ]);
    expect(JSON.stringify([answer, parts])).not.toContain('hunter2');
  });

  test('a problem inside the operation keeps its path and leaves status 200', async () => {
    const answer = await edge.query('mutation { signIn(password: "wrong") }');
    expect(answer).toMatchObject({ status: 200, data: null });
    expect(answer.errors[0]).toMatchObject({
      message: 'User name, password or code is wrong.',
      path: ['signIn'],
      extensions: { code: 'INVALID_CREDENTIALS' },
    });
  });

  test('a bug tells its request id and nothing else, and is logged once with its cause', async () => {
    const answer = await edge.query('{ bug }');
    const requestId = answer.headers.get('x-request-id');
    expect(answer.errors[0]).toMatchObject({
      message: 'Something went wrong on our side.',
      extensions: { code: 'INTERNAL', requestId },
    });
    const lines = edge.logged.filter((line) => line['requestId'] === requestId);
    expect(lines.filter(({ msg }) => msg === 'unexpected error')).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('ECONNREFUSED');
    expect(JSON.stringify(answer.errors)).not.toContain('ECONNREFUSED');
  });

  test('a caller who cannot be identified for want of a database gets INTERNAL', async () => {
    const ports = new TestPorts();
    ports.identify = () => Promise.reject(new Error('no database'));
    const other = await startEdge({ ports });
    const answer = await other.query('{ hello }');
    expect(answer.status).toBe(500);
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'INTERNAL',
      requestId: answer.headers.get('x-request-id'),
    });
  });
});

describe('introspection', () => {
  test('is on, and GraphiQL asks for the schema within the limits', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    const query = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      schemaDescription: true,
    });
    expect((await edge.query(query)).errors).toBeUndefined();
  });

  test('can be off: no schema, no type, no suggestions, no GraphiQL', async () => {
    const closed = await startEdge({ introspection: false });
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "Person") { name } }',
    ]) {
      const answer = await closed.query(query);
      expect(answer).toMatchObject({ status: 400, data: undefined });
      expect(answer.errors[0]?.extensions).toEqual({ code: 'INVALID_INPUT' });
    }
    expect((await closed.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
    expect((await closed.query('{ helo }')).errors[0]?.message).not.toContain('hello');
    expect((await edge.query('{ helo }')).errors[0]?.message).toContain('hello');
    const page = await fetch(closed.url, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(406);
  });
});

describe('who is calling', () => {
  const who = async (headers: Record<string, string>): Promise<unknown> => {
    const { data, errors } = await edge.query('{ whoAmI }', headers);
    return data === undefined ? errors[0]?.extensions['code'] : (data as { whoAmI: string }).whoAmI;
  };

  test('a bearer token, or a cookie of our own pages', async () => {
    expect(await who({})).toBe('anonymous');
    expect(await who({ authorization: 'Bearer token-1' })).toBe('alva');
    expect(await who({ cookie: 'signet=token-1' })).toBe('alva');
    expect(await who({ cookie: 'signet=token-1', origin: edge.origin })).toBe('alva');
  });

  test('a cookie has no authority when another site sends it along', async () => {
    const cookie = 'signet=token-1';
    for (const headers of [
      { cookie, origin: 'https://friend.example' },
      { cookie, origin: 'https://evil.example' },
      { cookie, origin: 'null' },
      { cookie, 'sec-fetch-site': 'cross-site' },
      { cookie, 'sec-fetch-site': 'same-site' },
      { cookie, origin: edge.origin, 'sec-fetch-site': 'cross-site' },
    ]) {
      expect(await who(headers)).toBe('anonymous');
    }
    const token = { authorization: 'Bearer token-1', origin: 'https://friend.example' };
    expect(await who(token)).toBe('alva');
  });

  test('a bearer token that is not valid is refused with a challenge; a stale cookie counts for nothing', async () => {
    expect(await who({ cookie: 'signet=stale' })).toBe('anonymous');
    for (const authorization of ['Bearer stale', 'Basic YTpi', 'Bearer ', 'Bearer a b']) {
      const answer = await edge.query('{ whoAmI }', { authorization, cookie: 'signet=token-1' });
      expect(answer.status).toBe(401);
      expect(answer.errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  test('the session cookie is out of reach for scripts and other sites', async () => {
    const signedIn = await edge.query('mutation { signIn(password: "right") }');
    expect(signedIn.headers.get('set-cookie')).toBe(
      'signet=new-token; Path=/; HttpOnly; SameSite=Lax',
    );
    const signedOut = await edge.query('mutation { signOut }');
    expect(signedOut.headers.get('set-cookie')).toBe(
      'signet=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    );
    const secure = await startEdge({ publicUrl: () => 'https://id.example.org' });
    const overTls = await secure.query('mutation { signIn(password: "right") }');
    expect(overTls.headers.get('set-cookie')).toBe(
      '__Host-signet=new-token; Path=/; HttpOnly; Secure; SameSite=Lax',
    );
  });
});

describe('CORS', () => {
  test('listed origins may read answers, without credentials', async () => {
    const { headers } = await edge.query('{ hello }', { origin: 'https://friend.example' });
    expect(headers.get('access-control-allow-origin')).toBe('https://friend.example');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toContain('origin');
    for (const origin of ['https://evil.example', 'null', edge.origin]) {
      const other = await edge.query('{ hello }', { origin });
      expect(other.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('preflights name what may be sent, to listed origins only', async () => {
    const ask = (origin: string): Promise<Response> =>
      fetch(edge.url, { method: 'OPTIONS', headers: { origin } });
    const friend = await ask('https://friend.example');
    expect(friend.status).toBe(204);
    expect(friend.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(
      (await ask('https://evil.example')).headers.get('access-control-allow-headers'),
    ).toBeNull();
  });
});

describe('request ids and addresses', () => {
  const forwarded = { 'x-request-id': 'from-proxy.1', 'x-forwarded-for': '203.0.113.9' };

  test('forwarded headers are not believed unless a trusted proxy sent them', async () => {
    const answer = await edge.query('{ address }', forwarded);
    expect(answer.data).toEqual({ address: '127.0.0.1' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('behind a trusted proxy they are', async () => {
    const proxied = await startEdge({ trustedProxies: ['127.0.0.0/8'] });
    const answer = await proxied.query('{ address }', forwarded);
    expect(answer.data).toEqual({ address: '203.0.113.9' });
    expect(answer.headers.get('x-request-id')).toBe('from-proxy.1');
    const garbage = await proxied.query('{ address }', {
      'x-request-id': 'a b"',
      'x-forwarded-for': 'unknown',
    });
    expect(garbage.data).toEqual({ address: '127.0.0.1' });
    expect(garbage.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('the log has one line per request, without query strings, variables or headers', async () => {
  const fresh = await startEdge();
  const response = await fetch(`${fresh.url}?secret=hunter2`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer token-1' },
    body: JSON.stringify({
      query: 'mutation SignIn($p: String!) { signIn(password: $p) }',
      variables: { p: 'hunter2' },
    }),
  });
  await response.text();
  await fetch(`${fresh.origin}/hunter2`);
  const requests = fresh.logged.filter(({ msg }) => msg === 'request');
  expect(requests[0]).toMatchObject({
    method: 'POST',
    path: '/graphql',
    status: 200,
    requestId: response.headers.get('x-request-id'),
    operation: 'SignIn',
  });
  expect(JSON.stringify(fresh.logged)).not.toMatch(/hunter2|token-1/);
});

test('a refusal for want of proof carries the challenge of RFC 9470', async () => {
  const fresh = await startEdge();
  fresh.ports.allowed.delete('/mobile-id');
  fresh.ports.refusal = () =>
    new DomainError('INSUFFICIENT_USER_AUTHENTICATION', {
      missing: [
        {
          anyOf: [
            { method: 'EMAIL_CODE', maxAgeSeconds: 600 },
            { method: 'TOTP', maxAgeSeconds: 600 },
          ],
        },
      ],
    });
  const answer = await fresh.query('{ me { name } }', { authorization: 'Bearer token-1' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe(
    'Bearer realm="signet", error="insufficient_user_authentication", ' +
      'error_description="A further proof of identity is needed.", acr_values="EMAIL_CODE TOTP", max_age="600"',
  );
  expect(answer.errors[0]?.extensions['missing']).toHaveLength(1);
});
