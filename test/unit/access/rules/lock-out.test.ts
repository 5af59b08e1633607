import { DEFAULT_RULES } from '../../../../src/features/access/rules/default-rules.js';
import {
  someoneGetsIn,
  type PossibleAdministrator,
} from '../../../../src/features/access/rules/lock-out.js';
import { NO_CONDITIONS, type RuleDraft } from '../../../../src/features/access/judge/rule.js';

const MONDAY_EVENING = new Date('2026-05-04T20:00:00Z');
const admin: PossibleAdministrator = {
  roles: ['ADMIN'],
  groups: ['staff'],
  methods: [
    { method: 'PASSWORD', provider: null },
    { method: 'EMAIL_CODE', provider: null },
  ],
};
const [first] = DEFAULT_RULES;
if (first === undefined) throw new Error('There are default rules.');
const totp = { anyOf: [{ method: 'TOTP', provider: null, maxAgeSeconds: null } as const] };
const deny = (change: Partial<RuleDraft>): RuleDraft => ({
  ...first,
  effect: 'DENY',
  require: [],
  resources: ['/admin'],
  ...change,
});
const getsIn = (extra: readonly RuleDraft[], people = [admin]): boolean =>
  someoneGetsIn([...DEFAULT_RULES, ...extra], people, '192.0.2.7', MONDAY_EVENING);

test('by the default rules an administrator with both methods gets in', () => {
  expect(getsIn([])).toBe(true);
});

test.each<[string, PossibleAdministrator[]]>([
  ['there is none', []],
  ['the only one lacks the second method', [{ ...admin, methods: admin.methods.slice(0, 1) }]],
  ['the only one is an operator', [{ ...admin, roles: ['OPERATOR'] }]],
])('no administrator gets in where %s', (_, people) => {
  expect(getsIn([], people)).toBe(false);
});

test.each<[string, RuleDraft]>([
  ['/admin is denied to users', deny({})],
  ['everything is denied to users', deny({ resources: ['/'] })],
  ['the rules are denied to users', deny({ resources: ['/admin/access-rules'] })],
  ['users cannot step up', deny({ resources: ['/sign-in'] })],
  [
    'nobody can sign in',
    deny({ resources: ['/sign-in'], when: { ...NO_CONDITIONS, callers: ['ANONYMOUS'] } }),
  ],
  [
    'only a foreign network may',
    {
      ...first,
      resources: ['/admin/access-rules'],
      when: { ...NO_CONDITIONS, networks: ['10.0.0.0/8'] },
    },
  ],
  [
    'a method is asked for that nobody has',
    {
      ...first,
      resources: ['/'],
      require: [{ anyOf: [{ method: 'PASSKEY', provider: null, maxAgeSeconds: null }] }],
    },
  ],
])('no administrator gets in where %s', (_, rule) => {
  expect(getsIn([rule])).toBe(false);
});

test('one administrator out of the reach of the rule is enough', () => {
  const rule = deny({ when: { ...NO_CONDITIONS, groups: ['staff'] } });
  expect(getsIn([rule])).toBe(false);
  expect(getsIn([rule], [admin, { ...admin, groups: [] }])).toBe(true);
});

test('office hours lock nobody out in the evening', () => {
  const hours = { days: ['FRIDAY' as const], from: '08:00', to: '17:00', timeZone: 'UTC' };
  const when = { ...NO_CONDITIONS, windows: [hours] };
  expect(getsIn([{ ...first, resources: ['/admin/access-rules'], when }])).toBe(true);
  expect(
    getsIn([{ ...first, resources: ['/'], when: { ...when, windows: [{ ...hours, days: [] }] } }]),
  ).toBe(false);
});

test('an administrator who could only add to a session, and open none, does not get in', () => {
  const open = { ...first, resources: ['/admin'], require: [totp] };
  const only = { ...admin, methods: [{ method: 'TOTP', provider: null } as const] };
  expect(someoneGetsIn([open], [only], '192.0.2.7', MONDAY_EVENING)).toBe(false);
  const both = { ...only, methods: [...only.methods, ...admin.methods] };
  expect(someoneGetsIn([open], [both], '192.0.2.7', MONDAY_EVENING)).toBe(true);
});
