import type { AuthenticationMethod, Role } from '../../../kernel/actor.js';
import type { ApiScope } from '../../../kernel/api-scopes.js';
import { NO_CONDITIONS, type Clause, type RuleDraft } from '../judge/rule.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

const FIRST_METHOD = clause(['PASSWORD', 'SAML', 'PASSKEY'], 12 * HOUR);
const SECOND_METHOD = clause(['EMAIL_CODE', 'TOTP', 'PASSKEY', 'SAML'], 12 * HOUR);
const ORDERING = ['SAML', 'PASSKEY', 'EMAIL_CODE', 'SMS_CODE', 'TOTP'] as const;

/** Raised whenever the rules below change, so that the next start brings older ones up. What they said goes to `EARLIER_DEFAULTS`. */
export const DEFAULTS_GENERATION = 4;

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
    require: [clause(ORDERING, 10 * MINUTE)],
  }),
  allow({
    name: 'Revoking a mobile ID',
    description: 'For good, and so only after a fresh proof, by whichever method is left.',
    resources: ['/mobile-id/revoke'],
    require: [clause(['PASSWORD', ...ORDERING, 'MOBILE_ID'], 10 * MINUTE)],
  }),
  allow({
    name: 'Recovering encryption keys',
    description: 'Earlier encryption keys come along only after a fresh proof by another method.',
    resources: ['/mobile-id/recover'],
    require: [clause(ORDERING, 10 * MINUTE)],
  }),
  allow({
    name: 'Operators',
    description: 'Operators look after users and their mobile IDs.',
    resources: ['/operator'],
    when: onlyFor('OPERATOR'),
    require: [FIRST_METHOD, SECOND_METHOD],
  }),
  allow({
    name: 'Approving key recoveries',
    description: 'Whoever lets encryption keys out of the archive has just proven who he is.',
    resources: ['/operator/key-recoveries/approve'],
    when: onlyFor('OPERATOR'),
    require: [clause(['EMAIL_CODE', 'TOTP', 'PASSKEY', 'SAML'], 10 * MINUTE)],
  }),
  allow({
    name: 'Administrators',
    description: 'Administrators look after projects, roles, access rules and the audit log.',
    resources: ['/admin'],
    when: onlyFor('ADMIN'),
    require: [FIRST_METHOD, SECOND_METHOD],
  }),
  allow({
    name: 'Users and their accounts',
    description: 'Whoever is signed in sees his own account and his sessions.',
    resources: ['/account'],
    require: [FIRST_METHOD],
  }),
  allow({
    name: 'Setting up methods',
    description: 'A method of signing in is set up or removed only after a fresh proof by another.',
    resources: ['/account/methods'],
    require: [clause([...ORDERING, 'MOBILE_ID'], 10 * MINUTE)],
  }),
  forClients('enrolment:create', {
    name: 'API clients order mobile IDs',
    resources: ['/operator/mobile-id/supply', '/enrolments/cancel'],
  }),
  forClients('enrolment:read', {
    name: 'API clients follow orders',
    resources: ['/operator/enrolments', '/enrolments/watch', '/operator/profiles'],
  }),
  forClients('users:read', { name: 'API clients read users', resources: ['/operator/users'] }),
  forClients('users:write', { name: 'API clients change users', resources: ['/operator/users'] }),
  forClients('members:write', {
    name: 'API clients change members',
    resources: ['/operator/projects'],
  }),
  forClients('projects:read', {
    name: 'API clients read projects',
    resources: ['/operator/projects'],
  }),
  forClients('assigned-ids:read', {
    name: 'API clients read assigned IDs',
    resources: ['/operator/assigned-ids'],
  }),
  forClients('assigned-ids:confirm', {
    name: 'API clients confirm assigned IDs',
    resources: ['/operator/assigned-ids'],
  }),
];

type Essentials = Pick<RuleDraft, 'name' | 'resources'>;

function allow(rule: Partial<RuleDraft> & Essentials): RuleDraft {
  return {
    description: null,
    enabled: true,
    effect: 'ALLOW',
    when: NO_CONDITIONS,
    require: [],
    ...rule,
  };
}

function forClients(scope: ApiScope, rule: Essentials): RuleDraft {
  return allow({
    ...rule,
    description: `API clients that were given the scope ${scope}.`,
    when: { ...NO_CONDITIONS, callers: ['API_CLIENT'], scopes: [scope] },
  });
}

function onlyFor(role: Role): RuleDraft['when'] {
  return { ...NO_CONDITIONS, roles: [role] };
}

function clause(methods: readonly AuthenticationMethod[], maxAgeSeconds: number): Clause {
  return { anyOf: methods.map((method) => ({ method, provider: null, maxAgeSeconds })) };
}
