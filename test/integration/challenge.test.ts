import { gatherCast, type Cast } from '../helpers/cast';
import { connect } from '../helpers/edge/edge-socket';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const ORDER =
  'mutation ($input: StartEnrolmentInput!) { startEnrolment(input: $input) { watchToken } }';
const METHODS = ['SAML', 'PASSKEY', 'EMAIL_CODE', 'SMS_CODE', 'TOTP'];

/** The one that alva has set up. */
const OPTIONS: Readonly<Record<string, unknown>> = {
  EMAIL_CODE: {
    method: 'EMAIL_CODE',
    provider: null,
    label: 'Code by e-mail to a…@example.org',
    url: null,
  },
};

async function overSocket(
  query: string,
  variables: Record<string, unknown>,
  token?: string,
): Promise<{ message: string; extensions: unknown }> {
  const params = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = await connect(`${server.url}/graphql`, { params });
  socket.run(query, { variables });
  const { type, payload } = await socket.next();
  socket.ws.close();
  await socket.closed;
  expect(type).toBe('error');
  const [{ message, extensions }] = payload as unknown as [
    { message: string; extensions: unknown },
  ];
  return { message, extensions };
}

test('what is missing is told by an HTTP challenge, and in full by facts that a socket tells alike', async () => {
  const token = await sessionOf(server, cast.alva.id, ['PASSWORD']);
  const variables = { input: { projectId: cast.projectId } };
  const { status, headers, errors } = await server.graphql(ORDER, variables, { token });
  expect(status).toBe(401);
  // RFC 9470 section 3
  expect(headers.get('www-authenticate')).toBe(
    'Bearer realm="signet", error="insufficient_user_authentication", ' +
      `error_description="A further proof of identity is needed.", acr_values="${METHODS.join(' ')}", max_age="600"`,
  );
  expect(errors).toHaveLength(1);
  expect(errors[0]?.extensions).toEqual({
    code: 'INSUFFICIENT_USER_AUTHENTICATION',
    resource: '/mobile-id/get',
    missing: [
      {
        anyOf: METHODS.map((method) => ({
          method,
          provider: null,
          maxAgeSeconds: 600,
          reason: 'ABSENT',
          lastAt: null,
          option: OPTIONS[method] ?? null,
        })),
      },
    ],
  });
  expect(await overSocket(ORDER, variables, token)).toEqual({
    message: errors[0]?.message,
    extensions: errors[0]?.extensions,
  });
});

test('a subscription that asks for more says so by the same facts', async () => {
  const token = await sessionOf(server, cast.alva.id, ['EMAIL_CODE']);
  const id = '00000000-0000-4000-8000-000000000000';
  const query = 'subscription ($id: ID!) { enrolmentStatus(enrolmentId: $id) { status } }';
  expect((await overSocket(query, { id }, token)).extensions).toMatchObject({
    code: 'INSUFFICIENT_USER_AUTHENTICATION',
    resource: '/enrolments/watch',
    missing: [{ anyOf: ['PASSWORD', 'SAML', 'PASSKEY'].map((method) => ({ method })) }],
  });
});

test('who is not signed in is told nothing of the rules, on either way', async () => {
  const variables = { input: { projectId: cast.projectId } };
  const { status, headers, errors } = await server.graphql(ORDER, variables);
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer realm="signet"');
  expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  expect((await overSocket(ORDER, variables)).extensions).toEqual({ code: 'UNAUTHENTICATED' });
});
