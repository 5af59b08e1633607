import { rolesWithImplied, type Role } from '../../../kernel/actor.js';
import { isReadingScope } from '../../../kernel/api-scopes.js';
import type { Facts } from './facts.js';
import { networkContains } from './network.js';
import type { Conditions, Rule } from './rule.js';
import { windowContains } from './time-window.js';

/** In the order in which they are looked at: `windows` last, so that where they fail, nothing else does. */
const CONDITIONS = [
  'callers',
  'networks',
  'scopes',
  'roles',
  'groups',
  'notGroups',
  'windows',
] as const satisfies readonly (keyof Conditions)[];
type Condition = (typeof CONDITIONS)[number];

/** What nobody carries from place to place. */
const CIRCUMSTANCES = ['callers', 'networks', 'scopes', 'windows'] as const;

/** Why a rule does not speak of a call. */
export type Obstacle = 'enabled' | 'unscoped' | 'above' | 'reading' | Condition;

/** What cannot be read fails closed: it keeps an ALLOW from matching, and a DENY from not matching. */
const HOLDS: Readonly<Record<Condition, (rule: Rule, facts: Facts) => boolean>> = {
  callers: ({ when }, { caller }) => speaksOf(when.callers, caller),
  networks: ({ when, effect }, { address }) =>
    holds(when.networks, (network) => networkContains(network, address) ?? effect === 'DENY'),
  scopes: ({ when }, { scopes }) => when.scopes.every((scope) => scopes.includes(scope)),
  roles: ({ when }, facts) => {
    const roles = rolesOf(facts);
    return holds(when.roles, (role) => roles.has(role));
  },
  groups: ({ when }, { groups }) => holds(when.groups, (group) => groups.includes(group)),
  notGroups: ({ when }, { groups }) => !when.notGroups.some((group) => groups.includes(group)),
  windows: ({ when, effect }, { now }) =>
    holds(when.windows, (window) => windowContains(window, now) ?? effect === 'DENY'),
};

/** Whether a rule with these `callers` is for this kind of caller at all. */
export function speaksOf(callers: Conditions['callers'], caller: Facts['caller']): boolean {
  return holds(callers, (kind) => kind === caller);
}

/** The first condition that does not hold; undefined where the rule speaks of this caller, here and now. */
export function failedCondition(rule: Rule, facts: Facts): Condition | undefined {
  return CONDITIONS.find((condition) => !HOLDS[condition](rule, facts));
}

/**
 * Why the rule, named at a level of the resource's path, counts for nothing in this call; undefined where it counts.
 * @param isOwn whether that level is the resource itself
 */
export function obstacleOf(rule: Rule, facts: Facts, isOwn: boolean): Obstacle | undefined {
  if (!rule.enabled) return 'enabled';
  const failed = failedCondition(rule, facts);
  const isForPeople = facts.caller !== 'API_CLIENT' || rule.effect === 'DENY';
  return isForPeople || failed === 'callers'
    ? failed
    : (clientObstacle(rule, facts, isOwn) ?? failed);
}

/** An API client is let in only by a rule with scopes on the resource itself, and reading is no right to change. */
function clientObstacle({ when }: Rule, facts: Facts, isOwn: boolean): Obstacle | undefined {
  if (!isOwn) return 'above';
  if (when.scopes.length === 0) return 'unscoped';
  return facts.isChange && when.scopes.every(isReadingScope) ? 'reading' : undefined;
}

/** Whether it would speak of some person, were one to sign in here and now. */
export function couldMatchSomeUser(rule: Rule, facts: Facts): boolean {
  const { groups, notGroups } = rule.when;
  return (
    matchesCircumstances(rule, asUser(facts)) &&
    (groups.length === 0 || groups.some((group) => !notGroups.includes(group)))
  );
}

/** Whether it would speak of every person, whoever signs in here and now. */
export function wouldMatchEveryUser(rule: Rule, facts: Facts): boolean {
  const { roles, groups, notGroups } = rule.when;
  const named = [...groups, ...notGroups];
  return (
    matchesCircumstances(rule, asUser(facts)) &&
    named.length === 0 &&
    (roles.length === 0 || roles.includes('USER'))
  );
}

/** The caller once signed in: where and when stay. */
function asUser(facts: Facts): Facts {
  return { ...facts, caller: 'USER' };
}

function matchesCircumstances(rule: Rule, facts: Facts): boolean {
  return CIRCUMSTANCES.every((condition) => HOLDS[condition](rule, facts));
}

function rolesOf(facts: Facts): ReadonlySet<Role> {
  return facts.caller === 'USER' ? rolesWithImplied(facts.roles) : new Set();
}

function holds<T>(entries: readonly T[], will: (entry: T) => boolean): boolean {
  return entries.length === 0 || entries.some(will);
}
