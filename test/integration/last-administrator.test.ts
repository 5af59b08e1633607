import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

/** A second administrator, with just these ways to prove who he is. */
async function anotherAdministrator(ways: Readonly<Record<string, string>>): Promise<string> {
  const input = { username: newName('second'), displayName: 'Second', ...ways };
  const { data } = await server.graphql(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input },
    { token: cast.admin },
  );
  const id = data.createUser.id as string;
  await giveRoles(id, ['ADMIN']);
  return id;
}

function giveRoles(id: string, roles: readonly string[]) {
  return server.graphql(
    'mutation ($id: ID!, $roles: [Role!]!) { setUserRoles(id: $id, roles: $roles) { id } }',
    { id, roles },
    { token: cast.admin },
  );
}

const password = 'a password of his own';
test.each<[string, Readonly<Record<string, string>>]>([
  ['nothing', {}],
  ['a password alone', { password }],
  ['an address alone', { email: 'second@example.org' }],
])(
  'an administrator who has %s does not get in, and leaves the first the last',
  async (_, ways) => {
    const second = await anotherAdministrator(ways);
    const { errors } = await giveRoles(cast.adminId, ['USER']);
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT', reason: 'NO_ADMINISTRATOR_GETS_IN' });
    await giveRoles(second, ['USER']);
  },
);

test('the first of two who get in may go', async () => {
  await anotherAdministrator({ password, email: 'second@example.org' });
  expect((await giveRoles(cast.adminId, ['USER'])).errors).toEqual([]);
});
