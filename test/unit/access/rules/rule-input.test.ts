import { DomainError } from '../../../../src/kernel/errors.js';
import {
  parsePatch,
  parseRule,
  type RuleInput,
  type RulePatch,
} from '../../../../src/features/access/rules/rule-input.js';
import type { RuleDraft } from '../../../../src/features/access/judge/rule.js';

const least: RuleInput = { name: 'Office', effect: 'ALLOW', resources: ['/a'], require: [] };
const password = { anyOf: [{ method: 'PASSWORD' as const }] };
const office = { days: ['MONDAY' as const], from: '08:00', to: '17:00', timeZone: 'UTC' };

function fieldsRefused(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.code).toBe('INVALID_INPUT');
    return (error.facts['fields'] as { field: string }[]).map(({ field }) => field);
  }
  return [];
}

test('what is left out gets its default', () => {
  expect(parseRule(least)).toEqual({
    name: 'Office',
    description: null,
    enabled: true,
    effect: 'ALLOW',
    resources: ['/a'],
    when: {
      callers: ['USER'],
      roles: [],
      groups: [],
      notGroups: [],
      networks: [],
      windows: [],
      scopes: [],
    },
    require: [],
  });
});

test('null is as good as left out in a new rule', () => {
  const nulls = {
    description: null,
    enabled: null,
    when: { callers: null, roles: null, windows: null, scopes: null },
  };
  expect(parseRule({ ...least, ...nulls })).toEqual(parseRule(least));
  expect(parseRule({ ...least, when: null })).toEqual(parseRule(least));
});

test('a whole rule is taken as it is', () => {
  const whole = {
    name: 'Office',
    description: 'Only from the office',
    enabled: false,
    effect: 'ALLOW' as const,
    resources: ['/', '/mobile-id/get'],
    when: {
      callers: ['USER' as const, 'API_CLIENT' as const],
      roles: ['ADMIN' as const],
      groups: ['staff'],
      notGroups: ['guests'],
      networks: ['10.0.0.0/8', '2001:db8::/32'],
      windows: [office],
      scopes: ['enrolment:create'],
    },
    require: [{ anyOf: [{ method: 'SAML' as const, provider: 'staff', maxAgeSeconds: 600 }] }],
  };
  expect(parseRule(whole)).toEqual(whole);
});

test.each<[string, Partial<RuleInput>]>([
  ['input.name', { name: '  ' }],
  ['input.name', { name: 'x'.repeat(101) }],
  ['input.name', { name: 'a\0b' }],
  ['input.description', { description: 'x'.repeat(2001) }],
  ['input.description', { description: 'a\0b' }],
  ['input.when.groups.0', { when: { groups: ['\ud800'] } }],
  ['input.resources', { resources: [] }],
  ['input.resources', { resources: Array.from({ length: 51 }, () => '/a') }],
  ['input.resources.1', { resources: ['/a', 'b'] }],
  ['input.require', { effect: 'DENY', require: [password] }],
  ['input.require.0.anyOf', { require: [{ anyOf: [] }] }],
  ['input.require.1.anyOf.0.maxAgeSeconds', { require: [password, age(0)] }],
  ['input.require.0.anyOf.0.maxAgeSeconds', { require: [age(-60)] }],
  [
    'input.require.0.anyOf.0.provider',
    { require: [{ anyOf: [{ method: 'SAML', provider: '' }] }] },
  ],
  ['input.when.callers', { when: { callers: [] } }],
  ['input.when.groups.0', { when: { groups: [''] } }],
  ['input.when.notGroups.0', { when: { notGroups: [' '] } }],
  ['input.when.networks.0', { when: { networks: ['10.0.0.1'] } }],
  ['input.when.networks.1', { when: { networks: ['10.0.0.0/8', '10.0.0.0/40'] } }],
  ['input.when.windows.0.days', { when: { windows: [{ ...office, days: [] }] } }],
  ['input.when.windows.0.from', { when: { windows: [{ ...office, from: '8:00' }] } }],
  ['input.when.windows.0.to', { when: { windows: [{ ...office, to: '24:00' }] } }],
  ['input.when.windows.0.timeZone', { when: { windows: [{ ...office, timeZone: 'Mars' }] } }],
  ['input.when.scopes.0', { when: { scopes: ['two words'] } }],
])('%s is refused', (field, wrong) => {
  expect(fieldsRefused(() => parseRule({ ...least, ...wrong }))).toEqual([field]);
});

test('every refused field is named, and no value repeated', () => {
  const wrong = {
    ...least,
    name: '',
    when: { networks: ['secret-value'], scopes: ['secret value'] },
  };
  expect(fieldsRefused(() => parseRule(wrong))).toEqual([
    'input.name',
    'input.when.networks.0',
    'input.when.scopes.0',
  ]);
  let facts = '';
  try {
    parseRule(wrong);
  } catch (error) {
    facts = JSON.stringify((error as DomainError).facts);
  }
  expect(facts).toContain('CIDR');
  expect(facts).not.toContain('secret');
});

describe('a patch', () => {
  const current: RuleDraft = parseRule({
    ...least,
    description: 'why',
    enabled: false,
    when: { roles: ['ADMIN'], networks: ['10.0.0.0/8'] },
    require: [password],
  });

  test('that is empty changes nothing', () => {
    expect(parsePatch(current, {})).toEqual(current);
    expect(parsePatch(current, { name: undefined, when: undefined })).toEqual(current);
  });

  test('changes what it names, and nothing else', () => {
    expect(parsePatch(current, { name: 'New', require: [] })).toEqual({
      ...current,
      name: 'New',
      require: [],
    });
  });

  test('clears with null what may be empty', () => {
    const cleared = parsePatch(current, { description: null, when: null });
    expect(cleared).toEqual({ ...current, description: null, when: parseRule(least).when });
  });

  test('replaces all conditions with those it gives', () => {
    const when = { groups: ['staff'] };
    expect(parsePatch(current, { when }).when).toEqual(parseRule({ ...least, when }).when);
  });

  test.each<keyof RulePatch>(['name', 'enabled', 'effect', 'resources', 'require'])(
    'cannot clear %s',
    (field) => {
      expect(fieldsRefused(() => parsePatch(current, { [field]: null }))).toEqual([
        `input.${field}`,
      ]);
    },
  );

  test('cannot make a DENY of a rule that asks for something', () => {
    expect(fieldsRefused(() => parsePatch(current, { effect: 'DENY' }))).toEqual(['input.require']);
    expect(parsePatch(current, { effect: 'DENY', require: [] }).effect).toBe('DENY');
  });
});

function age(maxAgeSeconds: number): RuleInput['require'][number] {
  return { anyOf: [{ method: 'PASSWORD', maxAgeSeconds }] };
}
