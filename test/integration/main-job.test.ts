import { codeOf } from '../helpers/graphql';
import { sixDigitsIn, stepUp } from '../helpers/people';
import { startTestServer, type TestServer } from '../helpers/server';
import { testRun } from '../helpers/run';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test('an administrator signs in, is asked for a second method, gives it, and gets in', async () => {
  const { data } = await server.graphql(
    `mutation ($password: String!) { signInWithPassword(username: "admin", password: $password) { token viewer { evidence { method } } } }`,
    { password: testRun().adminPassword },
  );
  const { token } = data.signInWithPassword;
  const refused = await server.graphql('{ auditEntries { nodes { action } } }', {}, { token });
  expect(codeOf(refused)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
  const stronger = await stepUp(server, token, 'admin@example.org');
  const { data: seen } = await server.graphql(
    '{ auditEntries { nodes { action outcome actor } } }',
    {},
    { token: stronger },
  );
  expect(seen.auditEntries.nodes.map(({ action }: { action: string }) => action)).toContain(
    'session.strengthen',
  );
  expect(sixDigitsIn('your code 123456 is')).toBe('123456');
});
