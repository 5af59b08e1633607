import { rolesWithImplied, type Role } from '../../kernel/actor.js';
import type { Facts } from './facts.js';
import { networkContains } from './network.js';
import type { Conditions, Rule } from './rule.js';
import { windowContains } from './time-window.js';

/** Whether the rule speaks of this caller, here and now. */
export function matches(rule: Rule, facts: Facts): boolean {
  return matchesCircumstances(rule, facts) && matchesPerson(rule.when, facts);
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

/** The caller once signed in: where and when stay, scopes are never a person's. */
function asUser(facts: Facts): Facts {
  return { ...facts, caller: 'USER', scopes: [] };
}

/**
 * What nobody carries from place to place. What cannot be read fails closed: it keeps an ALLOW from matching, and a DENY
 * from not matching.
 */
function matchesCircumstances(rule: Rule, facts: Facts): boolean {
  const { callers, networks, windows, scopes } = rule.when;
  const unreadable = rule.effect === 'DENY';
  return (
    holds(callers, (caller) => caller === facts.caller) &&
    holds(networks, (network) => networkContains(network, facts.address) ?? unreadable) &&
    holds(windows, (window) => windowContains(window, facts.now) ?? unreadable) &&
    scopes.every((scope) => facts.scopes.includes(scope))
  );
}

function matchesPerson(when: Conditions, facts: Facts): boolean {
  const roles = rolesOf(facts);
  return (
    holds(when.roles, (role) => roles.has(role)) &&
    holds(when.groups, (group) => facts.groups.includes(group)) &&
    !when.notGroups.some((group) => facts.groups.includes(group))
  );
}

function rolesOf(facts: Facts): ReadonlySet<Role> {
  return facts.caller === 'USER' ? rolesWithImplied(facts.roles) : new Set();
}

function holds<T>(entries: readonly T[], will: (entry: T) => boolean): boolean {
  return entries.length === 0 || entries.some(will);
}
