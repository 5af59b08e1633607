import { createSchemaOnly } from '../../../src/app.js';
import { GUARDED_IN_SERVICES } from '../../../src/composition/guarded-in-services.js';
import { guardedBy } from '../../../src/edge/graphql/schema-rules.js';
import { RESOURCE_DESCRIPTIONS } from '../../../src/features/access/resource-descriptions.js';
import { ResourceRegistry } from '../../../src/features/access/resource-registry.service.js';

function registry(...resources: readonly string[]): ResourceRegistry {
  const made = new ResourceRegistry();
  made.learn(resources.map((resource, i) => ({ resource, name: `Query.field${String(i)}` })));
  return made;
}

describe('the resources of the schema', () => {
  test('have each a description that a person can read', async () => {
    const made = new ResourceRegistry();
    made.learn([...guardedBy(await createSchemaOnly()), ...GUARDED_IN_SERVICES]);
    expect(made.list().length).toBeGreaterThan(15);
    for (const { description } of made.list()) expect(description).toMatch(/^[A-Z].{10,}\.$/);
  });

  test('are known by what they guard', async () => {
    const made = new ResourceRegistry();
    made.learn([...guardedBy(await createSchemaOnly()), ...GUARDED_IN_SERVICES]);
    expect(made.find('/mobile-id/get')?.guards).toEqual([
      'Mutation.reactivateMyProfile',
      'Mutation.startEnrolment',
    ]);
    expect(made.find('/operator/profiles')?.guards).toEqual(
      expect.arrayContaining(['Query.profile', 'Query.profiles', 'User.profiles']),
    );
    expect(made.find('/mobile-id')?.guards).toContain('User.profiles');
  });
});

test('the tree has the nodes above what guards something, in the order of paths', () => {
  const made = registry('/operator/mobile-id/supply', '/device');
  expect(made.list().map(({ path, guards }) => [path, guards.length])).toEqual([
    ['/', 0],
    ['/device', 1],
    ['/operator', 0],
    ['/operator/mobile-id', 0],
    ['/operator/mobile-id/supply', 1],
  ]);
});

test('a resource that nobody has described is not taken', () => {
  expect(() => registry('/mobile-id', '/new/thing')).toThrow('/new, /new/thing');
  expect(() => registry('/constructor')).toThrow('/constructor');
});

test('no description is of what could be no resource', () => {
  for (const path of Object.keys(RESOURCE_DESCRIPTIONS)) expect(path).toMatch(/^\/[a-z/-]*$/);
});

test('before it is told, nothing is known', () => {
  expect(new ResourceRegistry().find('/')).toBeUndefined();
});

test.each([
  ['/mobile-id/gte', '/mobile-id/get'],
  ['/mobil-id/get', '/mobile-id/get'],
  ['/Operator', '/operator'],
  ['/mobile-id/geta', '/mobile-id/get'],
  ['/elsewhere', undefined],
  ['/mobile-id/get/now-please', undefined],
])('who writes %s means %s', (written, meant) => {
  expect(registry('/mobile-id/get', '/operator').nearest(written)).toBe(meant);
});

test('a resource that guards mutations alone only changes', () => {
  const made = new ResourceRegistry();
  made.learn([
    { resource: '/mobile-id', name: 'Query.myProfiles' },
    { resource: '/mobile-id', name: 'Mutation.something' },
    { resource: '/mobile-id/get', name: 'Mutation.startEnrolment' },
  ]);
  expect(['/', '/mobile-id', '/mobile-id/get', '/x'].map((path) => made.onlyChanges(path))).toEqual(
    [false, false, true, false],
  );
});
