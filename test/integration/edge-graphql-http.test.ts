import { startEdge, stopEdges } from '../helpers/edge/edge-server';
import { failedAudits } from '../helpers/edge/graphql-http-audits';

afterAll(stopEdges);

test('the server keeps every MUST of GraphQL over HTTP', async () => {
  const { url } = await startEdge();
  expect(await failedAudits(url, 'MUST')).toEqual([]);
});
