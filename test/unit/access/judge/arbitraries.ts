import fc from 'fast-check';
import { ROLES, type AuthenticationMethod, type Evidence } from '../../../../src/kernel/actor.js';
import type { Facts } from '../../../../src/features/access/judge/facts.js';
import {
  ACCESS_EFFECTS,
  CALLER_KINDS,
  NO_CONDITIONS,
  type Clause,
  type Requirement,
  type Rule,
} from '../../../../src/features/access/judge/rule.js';
import { WEEKDAYS } from '../../../../src/features/access/judge/time-window.js';

/** A small world, so that rules, callers and evidence meet often. */
const METHODS = ['PASSWORD', 'EMAIL_CODE', 'CLIENT_CREDENTIALS'] as const;
const GROUPS = ['red', 'blue'];
const SCOPES = ['enrolment:create', 'users:read', 'projects:read'];
const ADDRESSES = ['10.1.2.3', '192.168.1.9', '::ffff:10.1.2.3', '2001:db8::7', 'fe80::1', ''];
const NETWORKS = [
  '10.0.0.0/8',
  '192.168.1.8/31',
  '0.0.0.0/0',
  '2001:db8::/32',
  'fe80::/10',
  '10.0.0.0',
  '10.0.0.0/33',
  'nonsense',
];
const ZONES = ['UTC', 'Europe/Zurich', 'America/St_Johns', 'Australia/Lord_Howe', 'Mars/Olympus'];
const RESOURCES = [
  '/',
  '/a',
  '/a/b',
  '/a/b/c',
  '/ab',
  '/sign-in',
  '/sign-in/x',
  '/device',
] as const;
export const NOW = new Date('2026-03-29T01:30:00Z');

const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 2): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<T[]>([]) },
    { weight: 2, arbitrary: fc.array(arbitrary, { maxLength }) },
  );
const method: fc.Arbitrary<AuthenticationMethod> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(METHODS[0], METHODS[1]) },
  { weight: 1, arbitrary: fc.constant(METHODS[2]) },
);
const provider = fc.constantFrom(null, null, 'idp');
const clockTime = fc.constantFrom('00:00', '01:30', '02:00', '02:30', '08:00', '23:59', '24:00');

const requirement: fc.Arbitrary<Requirement> = fc.record({
  method,
  provider,
  maxAgeSeconds: fc.constantFrom(null, 60, 600),
});
const clause: fc.Arbitrary<Clause> = fc.record({
  anyOf: fc.array(requirement, { minLength: 0, maxLength: 3 }),
});
export const timeWindow = fc.record({
  days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { maxLength: 7 }),
  from: clockTime,
  to: clockTime,
  timeZone: fc.constantFrom(...ZONES),
});

export const rule: fc.Arbitrary<Rule> = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  effect: fc.constantFrom(...ACCESS_EFFECTS, 'ALLOW' as const, 'ALLOW' as const, 'ALLOW' as const),
  resources: fc.uniqueArray(fc.constantFrom(...RESOURCES), { minLength: 1, maxLength: 3 }),
  when: fc.record({
    callers: fc.oneof(
      { weight: 3, arbitrary: fc.constant(['USER' as const]) },
      { weight: 2, arbitrary: fc.uniqueArray(fc.constantFrom(...CALLER_KINDS)) },
    ),
    roles: few(fc.constantFrom(...ROLES)),
    groups: few(fc.constantFrom(...GROUPS)),
    notGroups: few(fc.constantFrom(...GROUPS)),
    networks: few(fc.constantFrom(...NETWORKS)),
    windows: few(timeWindow),
    scopes: few(fc.constantFrom(...SCOPES)),
  }),
  require: fc.array(clause, { maxLength: 2 }),
});
export const rules = fc.array(rule, { maxLength: 8 });

/** Rules under `/a/b/c` that speak of the person below and ask for much: most decisions are about what is missing. */
export const demandingRules = fc.array(
  fc.record({
    enabled: fc.constant(true),
    effect: fc.constant('ALLOW' as const),
    resources: fc.uniqueArray(fc.constantFrom('/', '/a', '/a/b', '/a/b/c'), { minLength: 1 }),
    when: few(fc.constantFrom(...ROLES), 1).map((roles) => ({ ...NO_CONDITIONS, roles })),
    require: fc.array(clause, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);
export const resource = fc.constantFrom(...RESOURCES);

/** Just before, at and after clocks are put forward and back, and around midnight. */
export const instant: fc.Arbitrary<Date> = fc
  .tuple(
    fc.constantFrom(
      '2026-03-29T01:00:00Z', // Europe
      '2026-10-25T01:00:00Z',
      '2026-03-08T05:30:00Z', // Newfoundland
      '2026-11-01T04:30:00Z',
      '2026-04-04T15:00:00Z', // Lord Howe, by half an hour
      '2026-10-03T15:30:00Z',
      '2026-06-01T00:00:00Z',
    ),
    fc.constantFrom(-90, -60, -31, -30, -1, 0, 1, 29, 30, 60, 90, 24 * 60, -24 * 60),
    fc.constantFrom(0, 0, 1, 59_999),
  )
  .map(([at, minutes, ms]) => new Date(Date.parse(at) + minutes * 60_000 + ms));

/** A proof as old as `age` milliseconds. */
const proof = fc.record({
  method,
  provider,
  credential: fc.constantFrom('one', 'other'),
  age: fc.constantFrom(0, 59_999, 60_000, 60_001, 600_000, 600_001, 3_600_000),
});
const givenBefore =
  (now: Date) =>
  (one: typeof proof extends fc.Arbitrary<infer Proof> ? Proof : never): Evidence => {
    const { age, ...given } = one;
    return { ...given, at: new Date(now.getTime() - age) };
  };
export const evidence: fc.Arbitrary<Evidence> = proof.map(givenBefore(NOW));

export const facts: fc.Arbitrary<Facts> = fc
  .record({
    caller: fc.constantFrom('USER' as const, 'USER' as const, ...CALLER_KINDS),
    roles: fc.uniqueArray(fc.constantFrom(...ROLES)),
    groups: fc.uniqueArray(fc.constantFrom(...GROUPS)),
    address: fc.constantFrom(...ADDRESSES),
    scopes: fc.uniqueArray(fc.constantFrom(...SCOPES)),
    proofs: fc.array(proof, { maxLength: 4 }),
    now: fc.oneof(fc.constant(NOW), instant),
    isChange: fc.boolean(),
    excludedCredentials: fc.constantFrom([], [], ['one']),
  })
  .map(({ proofs, ...drawn }) => {
    const given = proofs.map(givenBefore(drawn.now));
    return { ...drawn, ...onlyWhatItHas(drawn.caller, { ...drawn, evidence: given }) };
  });

export const person: fc.Arbitrary<Facts> = facts.map((drawn) => ({
  ...drawn,
  caller: 'USER',
  scopes: [],
}));

/** Nobody has roles without a session, and no person has scopes. */
function onlyWhatItHas(
  caller: Facts['caller'],
  {
    roles,
    groups,
    scopes,
    evidence: given,
  }: Pick<Facts, 'roles' | 'groups' | 'scopes' | 'evidence'>,
): Pick<Facts, 'roles' | 'groups' | 'scopes' | 'evidence'> {
  switch (caller) {
    case 'ANONYMOUS':
      return { roles: [], groups: [], scopes: [], evidence: [] };
    case 'USER':
      return { roles, groups, scopes: [], evidence: given };
    case 'API_CLIENT':
      return { roles: [], groups: [], scopes, evidence: given };
  }
}
