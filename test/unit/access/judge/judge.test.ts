import type { AuthenticationMethod, Evidence } from '../../../../src/kernel/actor.js';
import { DEFAULT_RULES } from '../../../../src/features/access/rules/default-rules.js';
import type { Facts } from '../../../../src/features/access/judge/facts.js';
import { judge } from '../../../../src/features/access/judge/judge.js';
import {
  NO_CONDITIONS,
  type Clause,
  type Conditions,
  type Requirement,
  type Rule,
} from '../../../../src/features/access/judge/rule.js';

const NOW = new Date('2026-05-04T12:00:00Z'); // a Monday
const MINUTE = 60_000;

const anonymous: Facts = {
  caller: 'ANONYMOUS',
  roles: [],
  groups: [],
  address: '192.0.2.7',
  now: NOW,
  scopes: [],
  evidence: [],
  isChange: false,
};
const user: Facts = { ...anonymous, caller: 'USER' };
const client: Facts = { ...anonymous, caller: 'API_CLIENT' };

function rule(given: Partial<Omit<Rule, 'when'>> & { when?: Partial<Conditions> }): Rule {
  return {
    enabled: true,
    effect: 'ALLOW',
    resources: ['/a'],
    require: [],
    ...given,
    when: { ...NO_CONDITIONS, ...given.when },
  };
}
const deny = (given: Parameters<typeof rule>[0]): Rule => rule({ ...given, effect: 'DENY' });
function anyOf(...methods: (AuthenticationMethod | Partial<Requirement>)[]): Clause {
  const empty = { method: 'PASSWORD' as const, provider: null, maxAgeSeconds: null };
  return {
    anyOf: methods.map((m) =>
      typeof m === 'string' ? { ...empty, method: m } : { ...empty, ...m },
    ),
  };
}
function proof(method: AuthenticationMethod, given: Partial<Evidence> = {}): Evidence {
  return { method, provider: null, credential: method.toLowerCase(), at: NOW, ...given };
}
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
const outcome = (rules: Rule[], facts: Facts, path = '/a'): string =>
  judge(rules, path, facts).outcome;
const missing = (rules: readonly Rule[], facts: Facts, path = '/a'): string[][] =>
  judge(rules, path, facts).missing.map((clause) => clause.anyOf.map(({ method }) => method));

describe('DENY', () => {
  test.each(['/', '/a', '/a/b'])('a matching DENY on %s forbids what lies below', (level) => {
    const rules = [rule({ resources: ['/a/b'] }), deny({ resources: [level] })];
    expect(outcome(rules, user, '/a/b')).toBe('FORBIDDEN');
  });

  test.each(['/a/b/c', '/ab', '/b'])('a DENY on %s does not reach /a/b', (path) => {
    expect(outcome([rule({}), deny({ resources: [path] })], user, '/a/b')).toBe('ALLOWED');
  });

  test('a DENY that does not match forbids nothing', () => {
    expect(outcome([rule({}), deny({ when: { groups: ['guests'] } })], user)).toBe('ALLOWED');
  });

  test('a DENY wins over an ALLOW that names the very resource', () => {
    expect(outcome([rule({}), deny({})], user)).toBe('FORBIDDEN');
  });

  test('a rule that is not enabled neither denies nor allows', () => {
    expect(outcome([rule({}), deny({ enabled: false })], user)).toBe('ALLOWED');
    expect(outcome([rule({ enabled: false })], user)).toBe('FORBIDDEN');
  });
});

describe('levels', () => {
  const upper = rule({ resources: ['/'], require: [anyOf('PASSWORD')] });
  const lower = rule({ resources: ['/a'], require: [anyOf('EMAIL_CODE')] });

  test('what the levels of a path ask for adds up', () => {
    expect(missing([lower, upper], user)).toEqual([['PASSWORD'], ['EMAIL_CODE']]);
    const both = { ...user, evidence: [proof('PASSWORD'), proof('EMAIL_CODE')] };
    expect(outcome([lower, upper], both)).toBe('ALLOWED');
    expect(outcome([lower, upper], { ...user, evidence: [proof('EMAIL_CODE')] })).toBe(
      'STEP_UP_REQUIRED',
    );
  });

  test('a level without rules for this kind of caller asks for nothing', () => {
    const forClients = rule({ resources: ['/a'], when: { callers: ['API_CLIENT'] } });
    const open = rule({ resources: ['/'] });
    expect(outcome([open, forClients], user, '/a/b')).toBe('ALLOWED');
  });

  test('a level that only denies others asks for nothing', () => {
    const others = deny({ resources: ['/a'], when: { groups: ['guests'] } });
    expect(outcome([rule({ resources: ['/'] }), others], user, '/a/b')).toBe('ALLOWED');
  });

  test('a level whose rules all speak of others forbids', () => {
    const forStaff = rule({ resources: ['/a'], when: { groups: ['staff'] } });
    expect(outcome([rule({ resources: ['/'] }), forStaff], user)).toBe('FORBIDDEN');
  });

  test('a clause that two levels ask for is missing once', () => {
    const again = rule({ resources: ['/', '/a'], require: [anyOf('PASSWORD')] });
    expect(missing([again], user)).toEqual([['PASSWORD']]);
  });

  test('where no level has a rule, everybody is forbidden', () => {
    expect([anonymous, user, client].map((facts) => outcome([], facts))).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
  });
});

describe('alternatives on one level', () => {
  test('any one of them opens it', () => {
    const rules = [rule({ require: [anyOf('PASSWORD')] }), rule({ require: [anyOf('TOTP')] })];
    expect(outcome(rules, { ...user, evidence: [proof('TOTP')] })).toBe('ALLOWED');
  });

  test('what is missing is that of the alternative that needs fewest', () => {
    const rules = [
      rule({ require: [anyOf('PASSWORD'), anyOf('TOTP')] }),
      rule({ require: [anyOf('PASSKEY')] }),
    ];
    expect(missing(rules, user)).toEqual([['PASSKEY']]);
    expect(missing(rules, { ...user, evidence: [proof('PASSWORD')] })).toEqual([['TOTP']]);
  });

  test('an alternative that speaks of others does not count', () => {
    const rules = [
      rule({ require: [anyOf('PASSKEY')], when: { roles: ['ADMIN'] } }),
      rule({ require: [anyOf('PASSWORD'), anyOf('TOTP')] }),
    ];
    expect(missing(rules, user)).toEqual([['PASSWORD'], ['TOTP']]);
  });

  test('a clause that no person can meet does not count as help', () => {
    const impossible = [
      rule({ require: [anyOf('CLIENT_CREDENTIALS')] }),
      rule({ require: [anyOf()] }),
    ];
    expect(outcome(impossible, user)).toBe('FORBIDDEN');
    expect(outcome(impossible, anonymous)).toBe('FORBIDDEN');
    const rules = [...impossible, rule({ require: [anyOf('PASSWORD'), anyOf('TOTP')] })];
    expect(missing(rules, user)).toEqual([['PASSWORD'], ['TOTP']]);
  });
});

describe('a clause', () => {
  const told = (requirement: Partial<Requirement>, evidence: Evidence[], excluded: string[] = []) =>
    judge([rule({ require: [anyOf(requirement)] })], '/a', {
      ...user,
      evidence,
      excludedCredentials: excluded,
    }).missing[0]?.anyOf[0];

  test('that was never proven is ABSENT', () => {
    expect(told({ method: 'TOTP', maxAgeSeconds: 60 }, [proof('PASSWORD')])).toEqual({
      method: 'TOTP',
      provider: null,
      maxAgeSeconds: 60,
      reason: 'ABSENT',
      lastAt: null,
    });
  });

  test('is met by evidence exactly as old as it may be, and by no older', () => {
    const tenMinutes = { method: 'TOTP' as const, maxAgeSeconds: 600 };
    expect(told(tenMinutes, [proof('TOTP', { at: ago(10 * MINUTE) })])).toBeUndefined();
    const old = [
      proof('TOTP', { at: ago(20 * MINUTE) }),
      proof('TOTP', { at: ago(10 * MINUTE + 1) }),
    ];
    expect(told(tenMinutes, old)).toMatchObject({ reason: 'STALE', lastAt: ago(10 * MINUTE + 1) });
  });

  test('without an age is met by evidence of any age', () => {
    expect(told({ method: 'TOTP' }, [proof('TOTP', { at: ago(1e10) })])).toBeUndefined();
  });

  test('of one provider is not met by another', () => {
    const saml = { method: 'SAML' as const, provider: 'staff' };
    expect(told(saml, [proof('SAML', { provider: 'partners' })])).toMatchObject({
      reason: 'ABSENT',
    });
    expect(told(saml, [proof('SAML', { provider: 'staff' })])).toBeUndefined();
    expect(told({ method: 'SAML' }, [proof('SAML', { provider: 'staff' })])).toBeUndefined();
  });

  test('is not met by the credential that is being replaced', () => {
    const passkey = { method: 'PASSKEY' as const };
    const given = [proof('PASSKEY', { credential: 'key-1' })];
    expect(told(passkey, given, ['key-1'])).toMatchObject({
      reason: 'SAME_CREDENTIAL',
      lastAt: NOW,
    });
    expect(told(passkey, given, ['key-2'])).toBeUndefined();
    const two = [...given, proof('PASSKEY', { credential: 'key-2' })];
    expect(told(passkey, two, ['key-1'])).toBeUndefined();
  });
});

describe('who is not signed in', () => {
  test('is asked to sign in and told nothing of the rules', () => {
    expect(judge([rule({ require: [anyOf('PASSWORD')] })], '/a', anonymous)).toEqual({
      resource: '/a',
      outcome: 'SIGN_IN_REQUIRED',
      missing: [],
      validUntil: null,
    });
  });

  test('passes where a rule lets anonymous callers in', () => {
    expect(outcome([rule({ when: { callers: ['ANONYMOUS'] } })], anonymous)).toBe('ALLOWED');
  });

  test.each([
    ['the network is the wrong one', [rule({ when: { networks: ['10.0.0.0/8'] } })]],
    ['the hour is the wrong one', [rule({ when: { windows: [office('13:00', '17:00')] } })]],
    ['all users are denied', [rule({}), deny({})]],
    ['all who have the role USER are denied', [rule({}), deny({ when: { roles: ['USER'] } })]],
    ['no user has the scope', [rule({ when: { scopes: ['users:read'] } })]],
    ['the groups exclude each other', [rule({ when: { groups: ['a'], notGroups: ['a'] } })]],
  ])('is forbidden where signing in cannot help: %s', (_, rules) => {
    expect(outcome(rules, anonymous)).toBe('FORBIDDEN');
  });

  test('is asked to sign in where some users may pass', () => {
    const rules = [rule({ when: { roles: ['ADMIN'] } }), deny({ when: { groups: ['guests'] } })];
    expect(outcome(rules, anonymous)).toBe('SIGN_IN_REQUIRED');
  });

  test.each<[string, Rule[]]>([
    ['others than administrators', [rule({}), deny({ when: { roles: ['ADMIN'] } })]],
    ['others than guests', [rule({}), deny({ when: { notGroups: ['staff'] } })]],
    ['users of one group', [rule({ when: { groups: ['a', 'b'], notGroups: ['b'] } })]],
  ])('is asked to sign in where %s may pass', (_, rules) => {
    expect(outcome(rules, anonymous)).toBe('SIGN_IN_REQUIRED');
  });
});

describe('an API client', () => {
  const withScope = rule({ when: { callers: ['API_CLIENT'], scopes: ['s:one', 's:two'] } });
  const scopes = ['s:one', 's:two', 's:three'];

  test('passes by a rule with all its scopes on the resource itself', () => {
    expect(outcome([withScope], { ...client, scopes })).toBe('ALLOWED');
  });
  test('does not pass with only some of the scopes', () => {
    expect(outcome([withScope], { ...client, scopes: ['s:one'] })).toBe('FORBIDDEN');
  });
  test('does not pass by a rule of a level above', () => {
    expect(outcome([withScope], { ...client, scopes }, '/a/b')).toBe('FORBIDDEN');
  });
  test('does not pass by a rule without scopes', () => {
    const open = rule({ when: { callers: ['API_CLIENT'] } });
    expect(outcome([open], { ...client, scopes })).toBe('FORBIDDEN');
  });
  test('is not held up by what the levels above ask of it', () => {
    const above = rule({
      resources: ['/'],
      when: { callers: ['API_CLIENT'] },
      require: [anyOf('PASSKEY')],
    });
    expect(outcome([above, withScope], { ...client, scopes })).toBe('ALLOWED');
  });
  test('is kept out by a DENY of a level above', () => {
    const above = deny({ resources: ['/'], when: { callers: ['API_CLIENT'] } });
    expect(outcome([above, withScope], { ...client, scopes })).toBe('FORBIDDEN');
  });
  test('must give what the rule asks for, and is told nothing of it', () => {
    const rules = [rule({ when: withScope.when, require: [anyOf('CLIENT_CREDENTIALS')] })];
    expect(judge(rules, '/a', { ...client, scopes })).toMatchObject({
      outcome: 'FORBIDDEN',
      missing: [],
    });
    const evidence = [proof('CLIENT_CREDENTIALS')];
    expect(outcome(rules, { ...client, scopes, evidence })).toBe('ALLOWED');
  });
});

describe('an API client that changes something', () => {
  const change = { ...client, isChange: true, scopes: ['s:read', 's:write', 't:read'] };
  const by = (...scopes: string[]) => rule({ when: { callers: ['API_CLIENT'], scopes } });

  test.each([[['s:read']], [['s:read', 't:read']]])(
    'does not pass by %j, which only reads',
    (scopes) => {
      expect(outcome([by(...scopes)], change)).toBe('FORBIDDEN');
      expect(outcome([by(...scopes)], { ...change, isChange: false })).toBe('ALLOWED');
    },
  );
  test.each([[['s:write']], [['s:read', 's:write']]])('passes by %j', (scopes) => {
    expect(outcome([by(...scopes)], change)).toBe('ALLOWED');
  });
  test('is kept out by a DENY with a scope that only reads', () => {
    const rules = [by('s:write'), { ...by('s:read'), effect: 'DENY' as const }];
    expect(outcome(rules, change)).toBe('FORBIDDEN');
  });
  test('is no person: whether something changes is nothing to people', () => {
    expect(outcome([rule({})], { ...user, isChange: true })).toBe('ALLOWED');
  });
});

describe.each(['/sign-in', '/device', '/certificate-authority'])('%s', (path) => {
  test.each([anonymous, user, client])('stands open to $caller without any rule', (facts) => {
    expect(outcome([], facts, path)).toBe('ALLOWED');
    expect(outcome([], facts, `${path}/below`)).toBe('ALLOWED');
  });
  test('inherits neither a DENY nor a requirement from above', () => {
    const rules = [
      deny({ resources: ['/'] }),
      rule({ resources: ['/'], require: [anyOf('TOTP')] }),
    ];
    expect(outcome(rules, user, path)).toBe('ALLOWED');
  });
  test('is closed by a DENY that names it', () => {
    expect(outcome([deny({ resources: [path] })], user, path)).toBe('FORBIDDEN');
    expect(outcome([deny({ resources: [path] })], user, `${path}/below`)).toBe('FORBIDDEN');
    expect(outcome([deny({ resources: [path] })], anonymous, path)).toBe('ALLOWED');
  });
  test('is not closed by an ALLOW that asks for something', () => {
    expect(outcome([rule({ resources: [path], require: [anyOf('TOTP')] })], user, path)).toBe(
      'ALLOWED',
    );
  });
  test('does not open what is merely called alike', () => {
    expect(outcome([], anonymous, `${path}s`)).toBe('FORBIDDEN');
  });
});

describe('when', () => {
  const admin: Facts = { ...user, roles: ['ADMIN'] };
  const staff: Facts = { ...user, groups: ['staff', 'oslo'] };

  test.each<[string, Partial<Conditions>, Facts, boolean]>([
    ['a role that the caller has', { roles: ['ADMIN'] }, admin, true],
    ['a role that the caller lacks', { roles: ['ADMIN'] }, { ...user, roles: ['OPERATOR'] }, false],
    ['OPERATOR, of an ADMIN', { roles: ['OPERATOR'] }, admin, true],
    ['USER, of everyone signed in', { roles: ['USER'] }, user, true],
    ['USER, of nobody else', { callers: [], roles: ['USER'] }, anonymous, false],
    ['any of several groups', { groups: ['bergen', 'oslo'] }, staff, true],
    ['a group the caller is not in', { groups: ['bergen'] }, staff, false],
    ['outside of groups the caller is not in', { notGroups: ['bergen', 'guests'] }, staff, true],
    ['outside of groups of which he is in one', { notGroups: ['bergen', 'oslo'] }, staff, false],
    ['any of several networks', { networks: ['10.0.0.0/8', '192.0.2.0/24'] }, user, true],
    ['a foreign network', { networks: ['10.0.0.0/8'] }, user, false],
    [
      'any of several windows',
      { windows: [office('01:00', '02:00'), office('11:00', '13:00')] },
      user,
      true,
    ],
    ['a window that is over', { windows: [office('11:00', '12:00')] }, user, false],
    ['scopes, of a person', { scopes: ['users:read'] }, user, false],
    ['every condition but one', { groups: ['oslo'], roles: ['ADMIN'] }, staff, false],
    ['every condition', { groups: ['oslo'], networks: ['192.0.2.7/32'] }, staff, true],
    ['no kind of caller at all: everybody', { callers: [] }, anonymous, true],
  ])('%s', (_, when, facts, holds) => {
    expect(outcome([rule({ when })], facts) === 'ALLOWED').toBe(holds);
  });

  test.each<[string, Partial<Conditions>, Facts]>([
    ['network', { networks: ['10.0.0.0/99'] }, user],
    ['caller address', { networks: ['10.0.0.0/8'] }, { ...user, address: 'unknown' }],
    ['time zone', { windows: [{ ...office('00:00', '00:00'), timeZone: 'Mars/Olympus' }] }, user],
    ['clock time', { windows: [{ ...office('00:00', '00:00'), to: '25:00' }] }, user],
  ])('an unreadable %s lets nobody in and keeps everybody out', (_, when, facts) => {
    expect(outcome([rule({ when })], facts)).toBe('FORBIDDEN');
    expect(outcome([rule({}), deny({ when })], facts)).toBe('FORBIDDEN');
  });
});

describe('validUntil', () => {
  const evidence = [proof('PASSWORD', { at: ago(MINUTE) }), proof('TOTP', { at: ago(2 * MINUTE) })];
  const until = (rules: Rule[]): Date | null =>
    judge(rules, '/a', { ...user, evidence }).validUntil;
  const password = { method: 'PASSWORD' as const, maxAgeSeconds: 300 };
  const totp = { method: 'TOTP' as const, maxAgeSeconds: 300 };

  test('is null where nothing ages', () => {
    expect(until([rule({ require: [anyOf('PASSWORD')] })])).toBeNull();
  });
  test('is the first end of all clauses, and the last end of the entries of one', () => {
    expect(until([rule({ require: [anyOf(password), anyOf(totp)] })])).toEqual(ago(-3 * MINUTE));
    expect(until([rule({ require: [anyOf(password, totp)] })])).toEqual(ago(-4 * MINUTE));
  });
  test('is the last end of the alternatives of one level', () => {
    expect(until([rule({ require: [anyOf(password)] }), rule({ require: [anyOf(totp)] })])).toEqual(
      ago(-4 * MINUTE),
    );
  });
});

describe('the default rules', () => {
  const rules = [...DEFAULT_RULES];
  const withPassword = [proof('PASSWORD')];
  const both = [proof('PASSWORD'), proof('EMAIL_CODE')];
  const operator: Facts = { ...user, roles: ['OPERATOR'] };
  const admin: Facts = { ...user, roles: ['ADMIN'] };

  test.each<[string, string, Facts, string]>([
    ['nobody sees mobile IDs', '/mobile-id', anonymous, 'SIGN_IN_REQUIRED'],
    ['a user sees his mobile IDs', '/mobile-id', { ...user, evidence: withPassword }, 'ALLOWED'],
    [
      'a user watches his enrolments',
      '/enrolments/watch',
      { ...user, evidence: withPassword },
      'ALLOWED',
    ],
    [
      'a password alone gets no mobile ID',
      '/mobile-id/get',
      { ...user, evidence: withPassword },
      'STEP_UP_REQUIRED',
    ],
    ['a second method gets a mobile ID', '/mobile-id/get', { ...user, evidence: both }, 'ALLOWED'],
    ['a user is no operator', '/operator/users', { ...user, evidence: both }, 'FORBIDDEN'],
    [
      'an operator needs a second method',
      '/operator/users',
      { ...operator, evidence: withPassword },
      'STEP_UP_REQUIRED',
    ],
    ['an operator works', '/operator/users', { ...operator, evidence: both }, 'ALLOWED'],
    [
      'an operator is no administrator',
      '/admin/users',
      { ...operator, evidence: both },
      'FORBIDDEN',
    ],
    ['an administrator is an operator', '/operator/users', { ...admin, evidence: both }, 'ALLOWED'],
    ['an administrator administrates', '/admin/audit', { ...admin, evidence: both }, 'ALLOWED'],
    ['what no rule names is closed', '/elsewhere', { ...admin, evidence: both }, 'FORBIDDEN'],
  ])('%s', (_, path, facts, expected) => {
    expect(outcome(rules, facts, path)).toBe(expected);
  });

  test('the second method for a mobile ID is ten minutes old at most', () => {
    const evidence = [proof('PASSWORD'), proof('EMAIL_CODE', { at: ago(10 * MINUTE + 1) })];
    const [clause, ...others] = judge(rules, '/mobile-id/get', { ...user, evidence }).missing;
    expect(others).toEqual([]);
    expect(
      clause?.anyOf.map(({ method, maxAgeSeconds, reason }) => [method, maxAgeSeconds, reason]),
    ).toEqual([
      ['SAML', 600, 'ABSENT'],
      ['PASSKEY', 600, 'ABSENT'],
      ['EMAIL_CODE', 600, 'STALE'],
      ['SMS_CODE', 600, 'ABSENT'],
      ['TOTP', 600, 'ABSENT'],
    ]);
  });

  test.each<[string, string, string, boolean]>([
    ['enrolment:create', '/operator/mobile-id/supply', 'ALLOWED', true],
    ['enrolment:create', '/enrolments/cancel', 'ALLOWED', true],
    ['enrolment:create', '/operator/enrolments', 'FORBIDDEN', false],
    ['enrolment:read', '/operator/enrolments', 'ALLOWED', false],
    ['enrolment:read', '/enrolments/watch', 'ALLOWED', false],
    ['enrolment:read', '/operator/profiles', 'ALLOWED', false],
    ['enrolment:read', '/operator/profiles', 'FORBIDDEN', true],
    ['users:read', '/operator/users', 'ALLOWED', false],
    ['users:read', '/operator/users', 'FORBIDDEN', true],
    ['users:write', '/operator/users', 'ALLOWED', false],
    ['users:write', '/operator/users', 'ALLOWED', true],
    ['projects:read', '/operator/projects', 'ALLOWED', false],
    ['projects:read', '/admin/projects', 'FORBIDDEN', false],
    ['assigned-ids:confirm', '/operator/users', 'FORBIDDEN', false],
  ])('an API client with %s at %s is %s (change: %s)', (scope, path, expected, isChange) => {
    expect(outcome(rules, { ...client, scopes: [scope], isChange }, path)).toBe(expected);
  });

  test('an API client passes by no rule for people', () => {
    const scopes = ['users:write', 'enrolment:create'];
    expect(outcome(rules, { ...client, scopes }, '/admin/users')).toBe('FORBIDDEN');
    expect(outcome(rules, { ...client, scopes }, '/mobile-id')).toBe('FORBIDDEN');
  });
});

function office(from: string, to: string): Conditions['windows'][number] {
  return { days: ['MONDAY'], from, to, timeZone: 'UTC' };
}
