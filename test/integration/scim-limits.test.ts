import { accessToken, createClient } from '../helpers/api-clients';
import { newName } from '../helpers/orders';
import { administrator, createProject } from '../helpers/people';
import { newUser, ScimDirectory } from '../helpers/scim';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

let server: TestServer;
let admin: string;
let token: string;
let scim: ScimDirectory;

beforeAll(async () => {
  server = await startTestServer();
  admin = await administrator(server);
  token = await accessToken(server, await createClient(server, admin, { scopes: ['users:write'] }));
  scim = directoryOf(await createProject(server, admin, newName('project')));
});
afterAll(() => server.stop());

function directoryOf(id: string): ScimDirectory {
  return new ScimDirectory(`${server.url}/scim/v2/projects/${id}`, token);
}

describe('a SELF_REGISTRATION project has no users that a directory could push', () => {
  const NOBODY = '00000000-0000-4000-8000-000000000000';
  test.each([
    ['GET', '/Users', undefined],
    ['GET', `/Users/${NOBODY}`, undefined],
    ['POST', '/Users', newUser('nobody')],
    ['PUT', `/Users/${NOBODY}`, newUser('nobody')],
    ['DELETE', `/Users/${NOBODY}`, undefined],
    ['GET', '/Groups', undefined],
    ['POST', '/Groups', {}],
    ['GET', '/ServiceProviderConfig', undefined],
  ])('%s %s', async (method, path, body) => {
    const { projectId } = await createSelfRegistration(server, admin);
    const answer = await directoryOf(projectId).call(method, path, body);
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '409',
      detail: expect.stringMatching(/./),
    });
  });
});

test.each(['attributes', 'excludedAttributes'])(
  'a search with a hundred thousand %s is refused before anything is looked up',
  async (name) => {
    const body = { schemas: [SEARCH], [name]: Array.from({ length: 100_000 }, () => 'id') };
    const answer = await scim.call('POST', '/Users/.search', body);
    expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidValue']);
  },
);

test('a body that nests without end is the caller’s doing', async () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  for (const [path, body] of [
    [
      '/Bulk',
      `{"schemas":["${BULK}"],"Operations":[{"method":"POST","bulkId":"a","data":${deep}}]}`,
    ],
    ['/Users', `{"schemas":[],"emails":${deep}}`],
  ] as const) {
    const answer = await scim.call('POST', path, body);
    expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidSyntax']);
  }
});

test('a bulk request of operations that all wait for each other fails each of them', async () => {
  const many = Array.from({ length: 1000 }, (_, i) => i);
  const references = many.map((i) => ({ value: `bulkId:${String(i)}` }));
  const operations = many.slice(0, 30).map((i) => ({
    ...{ method: 'POST', path: '/Groups', bulkId: String(i) },
    data: { members: references },
  }));
  const { status, body } = await scim.call('POST', '/Bulk', {
    ...{ schemas: [BULK], Operations: operations },
  });
  expect(status).toBe(200);
  expect(body.Operations.map((one: any) => one.status)).toEqual(operations.map(() => '409'));
});
