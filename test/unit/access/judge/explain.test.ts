import fc from 'fast-check';
import type { Evidence } from '../../../../src/kernel/actor.js';
import { explain } from '../../../../src/features/access/judge/explain.js';
import type { Facts } from '../../../../src/features/access/judge/facts.js';
import { judge } from '../../../../src/features/access/judge/judge.js';
import { isOpenResource, levelsOf } from '../../../../src/features/access/judge/resource-path.js';
import {
  NO_CONDITIONS,
  type Conditions,
  type Requirement,
  type Rule,
} from '../../../../src/features/access/judge/rule.js';
import * as any from './arbitraries.js';
import { runs } from './property-runs.js';

const NOW = new Date('2026-05-04T12:00:00Z'); // a Monday
const user: Facts = {
  caller: 'USER',
  roles: ['USER'],
  groups: ['guests'],
  address: '192.0.2.7',
  now: NOW,
  scopes: [],
  evidence: [],
  isChange: false,
};
const client: Facts = { ...user, caller: 'API_CLIENT', roles: [], groups: [] };
const rule = (given: Partial<Omit<Rule, 'when'>> & { when?: Partial<Conditions> } = {}): Rule => ({
  enabled: true,
  effect: 'ALLOW',
  resources: ['/a/b'],
  require: [],
  ...given,
  when: { ...NO_CONDITIONS, ...given.when },
});
const because = (one: Rule, facts = user): string[] =>
  explain([one], '/a/b', facts).map((verdict) => verdict.because);

test('the verdicts come to the decision of the judge', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, (rules, resource, facts) => {
      const verdicts = explain(rules, resource, facts);
      const { outcome } = judge(rules, resource, facts);
      const isDenied = verdicts.some(
        ({ rule: { effect }, matched }) => effect === 'DENY' && matched,
      );
      const asking = levelsOf(resource)
        .map((level) =>
          verdicts.filter(
            ({ rule: { enabled, effect, when }, resource: at }) =>
              at === level &&
              enabled &&
              effect === 'ALLOW' &&
              (when.callers.length === 0 || when.callers.includes(facts.caller)),
          ),
        )
        .filter((level) => level.length > 0);
      const isOpened =
        facts.caller === 'API_CLIENT'
          ? verdicts.some(({ rule: { effect }, satisfied }) => effect === 'ALLOW' && satisfied)
          : asking.length > 0 && asking.every((level) => level.some(({ satisfied }) => satisfied));
      expect(outcome === 'ALLOWED').toBe(!isDenied && (isOpened || isOpenResource(resource)));
      expect(isDenied && outcome !== 'FORBIDDEN').toBe(false);
    }),
    runs(3000),
  );
});

test('every rule that names a level has its verdict, from the top down, in one sentence', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, (rules, resource, facts) => {
      const verdicts = explain(rules, resource, facts);
      const expected = levelsOf(resource).flatMap((level) =>
        rules.filter(({ resources }) => resources.includes(level)).map((one) => [level, one]),
      );
      expect(verdicts.map((verdict) => [verdict.resource, verdict.rule])).toEqual(expected);
      for (const verdict of verdicts) {
        expect(verdict.because).toMatch(/^[A-Z].*\.$/);
        expect(verdict.satisfied && !verdict.matched).toBe(false);
      }
    }),
    runs(500),
  );
});

const office = {
  days: ['TUESDAY' as const],
  from: '08:00',
  to: '17:00',
  timeZone: 'Europe/Zurich',
};
test.each<[string, Rule, Facts]>([
  ['It is not enabled.', rule({ enabled: false }), user],
  [
    'It is about API clients, not about signed-in users.',
    rule({ when: { callers: ['API_CLIENT'] } }),
    user,
  ],
  [
    'It is about people who are not signed in, signed-in users, not about API clients.',
    rule({ when: { callers: ['ANONYMOUS', 'USER'] } }),
    client,
  ],
  [
    'The address 192.0.2.7 lies in none of its networks: 10.0.0.0/8, 2001:db8::/32.',
    rule({ when: { networks: ['10.0.0.0/8', '2001:db8::/32'] } }),
    user,
  ],
  [
    'The caller has none of the roles it is about: OPERATOR, ADMIN.',
    rule({ when: { roles: ['OPERATOR', 'ADMIN'] } }),
    user,
  ],
  [
    'The caller is in none of the groups it is about: staff.',
    rule({ when: { groups: ['staff'] } }),
    user,
  ],
  [
    'The caller is in a group that it leaves out: guests.',
    rule({ when: { notGroups: ['staff', 'guests'] } }),
    user,
  ],
  [
    'It is now outside of its time windows: TUESDAY 08:00 to 17:00 Europe/Zurich.',
    rule({ when: { windows: [office] } }),
    user,
  ],
  [
    'The caller lacks the scope users:write.',
    rule({ when: { callers: ['API_CLIENT'], scopes: ['users:read', 'users:write'] } }),
    { ...client, scopes: ['users:read'] },
  ],
  [
    'It names no scope, and without one it lets no API client in.',
    rule({ when: { callers: ['API_CLIENT'] } }),
    client,
  ],
  [
    'Its scope users:read only reads, and this changes something.',
    rule({ when: { callers: ['API_CLIENT'], scopes: ['users:read'] } }),
    { ...client, scopes: ['users:read'], isChange: true },
  ],
  [
    'It stands above the resource; API clients are let in only on the resource itself.',
    rule({ resources: ['/a'], when: { callers: ['API_CLIENT'], scopes: ['users:read'] } }),
    { ...client, scopes: ['users:read'] },
  ],
  ['It matches, and keeps the caller out.', rule({ effect: 'DENY' }), user],
  [
    'It matches, and keeps the caller out.',
    rule({ effect: 'DENY', resources: ['/a'], when: { callers: ['API_CLIENT'] } }),
    client,
  ],
  ['It matches, and asks for no proof.', rule(), user],
])('%s', (sentence, one, facts) => {
  expect(because(one, facts)).toEqual([sentence]);
});

describe('of what has to be proven', () => {
  const need = (given: Partial<Requirement>): Requirement => ({
    method: 'PASSWORD',
    provider: null,
    maxAgeSeconds: null,
    ...given,
  });
  const demanding = rule({
    require: [
      { anyOf: [need({}), need({ method: 'SAML', provider: 'staff' })] },
      { anyOf: [need({ method: 'TOTP', maxAgeSeconds: 600 })] },
    ],
  });
  const proof = (method: Evidence['method'], ageSeconds: number): Evidence => ({
    method,
    provider: null,
    credential: method,
    at: new Date(NOW.getTime() - ageSeconds * 1000),
  });

  test('everything missing is named', () => {
    expect(because(demanding)).toEqual([
      'It matches, but asks for PASSWORD (not given) or SAML of staff (not given), and for TOTP at most 10 minutes old (not given).',
    ]);
  });
  test('what was given too long ago is told apart', () => {
    const evidence = [proof('PASSWORD', 0), proof('TOTP', 601)];
    expect(because(demanding, { ...user, evidence })).toEqual([
      'It matches, but asks for TOTP at most 10 minutes old (given too long ago).',
    ]);
  });
  test('so is what was given with the credential that is being replaced', () => {
    const evidence = [proof('PASSWORD', 0), proof('TOTP', 0)];
    expect(because(demanding, { ...user, evidence, excludedCredentials: ['TOTP'] })).toEqual([
      'It matches, but asks for TOTP at most 10 minutes old (given with the very credential that is being replaced).',
    ]);
  });
  test('nothing is missing once all is proven', () => {
    const evidence = [proof('PASSWORD', 0), proof('TOTP', 600)];
    expect(because(demanding, { ...user, evidence })).toEqual([
      'It matches, and all that it asks for is proven.',
    ]);
  });
  test.each([
    [1, '1 second'],
    [90, '90 seconds'],
    [60, '1 minute'],
    [43_200, '12 hours'],
    [86_400, '1 day'],
  ])('%i seconds are %s', (maxAgeSeconds, text) => {
    const one = rule({ require: [{ anyOf: [need({ maxAgeSeconds })] }] });
    expect(because(one)[0]).toContain(`at most ${text} old`);
  });
  test('a clause without alternatives is impossible', () => {
    expect(because(rule({ require: [{ anyOf: [] }] }))).toEqual([
      'It matches, but asks for what nothing can prove.',
    ]);
  });
});
