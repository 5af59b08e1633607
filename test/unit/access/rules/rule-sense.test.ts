import { ResourceRegistry } from '../../../../src/features/access/resource-registry.service.js';
import { parseRule, type RuleInput } from '../../../../src/features/access/rules/rule-input.js';
import { senseProblems } from '../../../../src/features/access/rules/rule-sense.js';
import { DEFAULT_RULES } from '../../../../src/features/access/rules/default-rules.js';

const resources = new ResourceRegistry();
resources.learn(
  [
    '/mobile-id/get',
    '/mobile-id/recover',
    '/mobile-id/revoke',
    '/operator/assigned-ids',
    '/operator/key-recoveries/approve',
    '/operator/users',
    '/operator/enrolments',
    '/operator/profiles',
    '/operator/projects',
    '/operator/mobile-id/supply',
    '/enrolments/cancel',
    '/enrolments/watch',
    '/account/methods',
    '/admin/access-rules',
    '/sign-in',
  ].map((resource) => ({ resource, name: 'Query.something' })),
);
const world = { resources, providers: new Set(['staff']) };
const least: RuleInput = {
  name: 'Office',
  effect: 'ALLOW',
  resources: ['/mobile-id/get'],
  require: [],
};
const forClients: Partial<RuleInput> = {
  resources: ['/operator/users'],
  when: { callers: ['API_CLIENT'], scopes: ['users:read'] },
};
type Method = NonNullable<RuleInput['require'][number]['anyOf'][number]>;
const asking = (...anyOf: Method[]): Partial<RuleInput> => ({ require: [{ anyOf }] });

function problemsOf(change: Partial<RuleInput>): [string, string][] {
  const draft = parseRule({ ...least, ...change });
  return senseProblems(draft, world).map(({ field, message }) => [field, message]);
}

test.each<[string, string, Partial<RuleInput>]>([
  [
    'input.resources.0',
    'names no resource. Did you mean /mobile-id/get?',
    { resources: ['/mobile-id/gte'] },
  ],
  ['input.resources.1', 'It names no resource.', { resources: ['/', '/elsewhere'] }],
  ['input.resources.0', 'names no resource', { resources: ['/mobile-id/get/below'] }],
  ['input.resources.0', 'names no resource', { effect: 'DENY', resources: ['/elsewhere'] }],
  ['input.resources.0', 'stands open', { resources: ['/sign-in'] }],
  [
    'input.resources.1',
    'guards nothing itself',
    { ...forClients, resources: ['/operator/users', '/operator'] },
  ],
  ['input.when.roles', 'add USER', { when: { callers: ['ANONYMOUS'], roles: ['ADMIN'] } }],
  [
    'input.when.roles',
    'add USER',
    { ...forClients, when: { ...forClients.when, roles: ['ADMIN'] } },
  ],
  ['input.when.groups', 'add USER', { when: { callers: ['ANONYMOUS'], groups: ['staff'] } }],
  [
    'input.when.groups',
    'add USER',
    { effect: 'DENY', when: { callers: ['API_CLIENT'], groups: ['staff'] } },
  ],
  [
    'input.when.notGroups',
    'leaves out every group',
    { when: { groups: ['a', 'b'], notGroups: ['b', 'c', 'a'] } },
  ],
  ['input.when.scopes', 'Only API clients', { when: { scopes: ['users:read'] } }],
  [
    'input.when.scopes',
    'Only API clients',
    {
      when: { callers: ['USER', 'API_CLIENT'], scopes: ['users:read'] },
      resources: ['/operator/users'],
    },
  ],
  ['input.when.scopes', 'Only API clients', { effect: 'DENY', when: { scopes: ['users:read'] } }],
  ['input.when.scopes', 'at least one', { ...forClients, when: { callers: ['API_CLIENT'] } }],
  [
    'input.when.scopes',
    'at least one',
    { ...forClients, when: { callers: ['USER', 'API_CLIENT'] } },
  ],
  [
    'input.when.scopes.1',
    'It is no scope. There are enrolment:create,',
    { ...forClients, when: { callers: ['API_CLIENT'], scopes: ['users:read', 'users:raed'] } },
  ],
  ['input.when.networks.0', 'begins at 10.0.0.0;', { when: { networks: ['10.1.2.3/8'] } }],
  [
    'input.when.networks.1',
    'begins at 2001:db8::;',
    { when: { networks: ['10.0.0.0/8', '2001:db8::7/32'] } },
  ],
  [
    'input.when.networks.0',
    'begins at ::ffff:a00:0;',
    { when: { networks: ['::ffff:10.1.2.3/104'] } },
  ],
  [
    'input.require',
    'Only users can prove',
    { ...asking({ method: 'PASSWORD' }), when: { callers: ['ANONYMOUS'] } },
  ],
  ['input.require', 'Only users can prove', { ...forClients, ...asking({ method: 'PASSWORD' }) }],
  [
    'input.require.0.anyOf.1.method',
    'client credentials',
    asking({ method: 'SAML' }, { method: 'CLIENT_CREDENTIALS' }),
  ],
  [
    'input.require.0.anyOf.0.provider',
    'no identity provider',
    asking({ method: 'SAML', provider: 'Staff' }),
  ],
  [
    'input.require.0.anyOf.0.provider',
    'Only SAML',
    asking({ method: 'PASSKEY', provider: 'staff' }),
  ],
  [
    'input.require.0.anyOf.0.provider',
    'Only SAML',
    asking({ method: 'MOBILE_ID', provider: 'staff' }),
  ],
  [
    'input.require.0.anyOf.0.maxAgeSeconds',
    'Is it in seconds?',
    asking({ method: 'TOTP', maxAgeSeconds: 2_592_001 }),
  ],
])('%s is refused: %s', (field, message, change) => {
  expect(problemsOf(change)).toEqual([[field, expect.stringContaining(message)]]);
});

test.each<[string, Partial<RuleInput>]>([
  ['the least rule', {}],
  ['a node above known resources', { resources: ['/', '/operator', '/operator/mobile-id'] }],
  ['a DENY of what stands open', { effect: 'DENY', resources: ['/sign-in'] }],
  [
    'a DENY to API clients above resources',
    { effect: 'DENY', resources: ['/'], when: { callers: ['API_CLIENT'] } },
  ],
  [
    'a DENY to API clients with a scope',
    { ...forClients, effect: 'DENY', resources: ['/operator'] },
  ],
  ['scopes of API clients', forClients],
  [
    'roles and groups where users are among the callers',
    { when: { callers: ['ANONYMOUS', 'USER'], roles: ['ADMIN'], groups: ['a'], notGroups: ['b'] } },
  ],
  ['what leaves out only some of its groups', { when: { groups: ['a', 'b'], notGroups: ['a'] } }],
  ['what only leaves out groups', { when: { notGroups: ['a'] } }],
  [
    'networks that begin where they say',
    {
      when: {
        networks: [
          '10.0.0.0/8',
          '0.0.0.0/0',
          '192.0.2.7/32',
          '2001:DB8::/32',
          '::/0',
          '::ffff:10.0.0.0/104',
          '2001:db8:0:0::1/128',
        ],
      },
    },
  ],
  ['a provider that exists', asking({ method: 'SAML', provider: 'staff' })],
  ['the age of the longest session', asking({ method: 'TOTP', maxAgeSeconds: 2_592_000 })],
  [
    'a requirement where users are among the callers',
    { ...asking({ method: 'TOTP' }), when: { callers: ['ANONYMOUS', 'USER'] } },
  ],
  [
    'a window that lasts a day',
    { when: { windows: [{ days: ['MONDAY'], from: '08:00', to: '08:00', timeZone: 'UTC' }] } },
  ],
])('%s makes sense', (_, change) => {
  expect(problemsOf(change)).toEqual([]);
});

test('the default rules make sense', () => {
  expect(DEFAULT_RULES.flatMap((draft) => senseProblems(draft, world))).toEqual([]);
});
