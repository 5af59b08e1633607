import type { AuthenticationMethod, Role } from '../../kernel/actor.js';
import { NO_CONDITIONS, type Clause, type RuleDraft } from './rule.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

const FIRST_METHOD = clause(['PASSWORD'], 12 * HOUR);
const SECOND_METHOD = clause(['EMAIL_CODE'], 12 * HOUR);
const FRESH_SECOND_METHOD = clause(['EMAIL_CODE'], 10 * MINUTE);

/** What is in force until an administrator decides otherwise. */
export const DEFAULT_RULES: readonly RuleDraft[] = [
  allow({
    name: 'Users and their mobile IDs',
    description: 'Whoever is signed in sees his own mobile IDs and enrolments.',
    resources: ['/mobile-id', '/enrolments'],
    require: [FIRST_METHOD],
  }),
  allow({
    name: 'Getting a mobile ID',
    description: 'The user needs to authenticate with at least one other method.',
    resources: ['/mobile-id/get'],
    require: [FRESH_SECOND_METHOD],
  }),
  allow({
    name: 'Their own account',
    description: 'Whoever is signed in looks after his own account.',
    resources: ['/account'],
    require: [FIRST_METHOD],
  }),
  allow({
    name: 'Methods of signing in',
    description: 'Setting up or removing a method takes one more that was given just now.',
    resources: ['/account/methods'],
    require: [FRESH_SECOND_METHOD],
  }),
  allow({
    name: 'Operators',
    description: 'Operators look after users and their mobile IDs.',
    resources: ['/operator'],
    when: onlyFor('OPERATOR'),
    require: [FIRST_METHOD, SECOND_METHOD],
  }),
  allow({
    name: 'Administrators',
    description: 'Administrators look after projects, roles, access rules and the audit log.',
    resources: ['/admin'],
    when: onlyFor('ADMIN'),
    require: [FIRST_METHOD, SECOND_METHOD],
  }),
];

function allow(rule: Partial<RuleDraft> & Pick<RuleDraft, 'name' | 'resources'>): RuleDraft {
  return {
    description: null,
    enabled: true,
    effect: 'ALLOW',
    when: NO_CONDITIONS,
    require: [],
    ...rule,
  };
}

function onlyFor(role: Role): RuleDraft['when'] {
  return { ...NO_CONDITIONS, roles: [role] };
}

function clause(methods: readonly AuthenticationMethod[], maxAgeSeconds: number): Clause {
  return { anyOf: methods.map((method) => ({ method, provider: null, maxAgeSeconds })) };
}
