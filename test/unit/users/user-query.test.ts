import { graphql, type ExecutionResult } from 'graphql';
import { createSchema } from '../../../src/edge/graphql/schema.js';
import { UserResolver } from '../../../src/features/users/user.resolver.js';
import type { UserService } from '../../../src/features/users/user.service.js';
import type { UnitOfWork } from '../../../src/platform/scope.js';

const asked: [string, string][] = [];
const service = {
  findWithinReach: (_scope: unknown, id: string) => {
    asked.push(['id', id]);
    return Promise.resolve(undefined);
  },
  findByExternalId: (_scope: unknown, externalId: string) => {
    asked.push(['externalId', externalId]);
    return Promise.resolve(undefined);
  },
} as unknown as UserService;
const work = { read: () => ({}) } as unknown as UnitOfWork;

async function ask(keys: string): Promise<ExecutionResult> {
  const schema = await createSchema([new UserResolver(work, service)]);
  return graphql({ schema, source: `{ user${keys} { id } }`, contextValue: {} });
}

beforeEach(() => {
  asked.length = 0;
});

test('a user is asked for by either of the two keys', async () => {
  await expect(ask('(id: "1", externalId: null)')).resolves.toEqual({ data: { user: null } });
  await expect(ask('(externalId: "H-1")')).resolves.toEqual({ data: { user: null } });
  expect(asked).toEqual([
    ['id', '1'],
    ['externalId', 'H-1'],
  ]);
});

test.each(['', '(id: null)', '(id: "1", externalId: "H-1")'])(
  'user%s is refused: it names none, or two',
  async (keys) => {
    const { errors } = await ask(keys);
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'INVALID_INPUT' });
    expect(asked).toEqual([]);
  },
);
