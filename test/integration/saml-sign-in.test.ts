import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { startTestServer, type TestServer } from '../helpers/server';
import { createProvider, SamlSignIn, type KnownProvider } from '../helpers/saml-stage';

let server: TestServer;
let cast: Cast;
let provider: KnownProvider;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  provider = await createProvider(server, cast.admin, newName('corp'));
});
afterAll(() => server.stop());

const viewer = async (token: string | undefined) => {
  const { data } = await server.graphql(
    '{ viewer { user { id username email displayName groups } evidence { method provider at } } }',
    {},
    { token },
  );
  return data.viewer;
};

test('a person whom the provider knows becomes a user, and is signed in where he wanted to go', async () => {
  const name = newName('user');
  const signIn = await new SamlSignIn(server, provider).begin('?returnTo=%2F%3Forder%3D1');
  const authenticatedAt = new Date(Date.now() - 30_000);
  const end = await signIn.finish(await signIn.answer(name, { fields: { authenticatedAt } }));
  expect(end).toBe('/?order=1');
  expect(await viewer(signIn.token)).toEqual({
    user: expect.objectContaining({ username: name, displayName: name }),
    evidence: [{ method: 'SAML', provider: provider.name, at: authenticatedAt.toISOString() }],
  });
});
