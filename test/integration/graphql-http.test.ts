import { failedAudits } from '../helpers/edge/graphql-http-audits';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test('the whole server, with all its limits and rules, keeps every MUST of GraphQL over HTTP', async () => {
  expect(await failedAudits(`${server.url}/graphql`, 'MUST')).toEqual([]);
});
