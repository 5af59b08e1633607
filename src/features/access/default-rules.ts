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
  forClients('enrolment:create', ['/operator/mobile-id/supply', '/enrolments/cancel']),
  forClients('enrolment:read', ['/operator/enrolments', '/enrolments/watch', '/operator/profiles']),
  forClients('users:read', ['/operator/users']),
  forClients('users:write', ['/operator/users']),
  forClients('projects:read', ['/operator/projects']),
];

function forClients(scope: string, resources: readonly string[]): RuleDraft {
  return allow({
    name: `API clients: ${scope}`,
    resources,
    when: { ...NO_CONDITIONS, callers: ['API_CLIENT'], scopes: [scope] },
  });
}

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
