/**
 * A second judge, written from the design's text and from nothing else, to hold the real one against. It enumerates where the
 * real one computes: hypothetical users, choices of one alternative per level, the minutes back to a window's beginning.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Evidence } from '../../../../src/kernel/actor.js';
import type { Facts } from '../../../../src/features/access/judge/facts.js';
import type { Decision } from '../../../../src/features/access/judge/judge.js';
import type { Clause, Requirement, Rule } from '../../../../src/features/access/judge/rule.js';

export interface Verdict {
  readonly outcome: string;
  readonly missing: string[][];
}
type Window = Rule['when']['windows'][number];
interface Person {
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

const OPEN = ['/sign-in', '/device', '/certificate-authority'];
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];
const DAY = 24 * 60;

export function oracle(rules: readonly Rule[], path: string, facts: Facts): Verdict {
  const open = OPEN.find((root) => covers(root, path));
  const levels = levelsAbove(rules, path).filter(
    ({ resource }) => open === undefined || covers(open, resource),
  );
  const denied = levels
    .flatMap((level) => level.rules)
    .some((rule) => rule.effect === 'DENY' && applies(rule, facts, facts));
  if (denied) return without('FORBIDDEN');
  if (open !== undefined) return without('ALLOWED');
  switch (facts.caller) {
    case 'API_CLIENT':
      return ofClient(levels, path, facts);
    case 'ANONYMOUS':
      return ofStranger(levels, facts);
    case 'USER':
      return ofUser(levels, facts);
  }
}

interface Level {
  readonly resource: string;
  readonly rules: Rule[];
}

function levelsAbove(rules: readonly Rule[], path: string): Level[] {
  const inForce = rules.filter(({ enabled }) => enabled);
  return [...new Set(inForce.flatMap(({ resources }) => resources))]
    .filter((resource) => covers(resource, path))
    .sort((a, b) => a.length - b.length)
    .map((resource) => ({
      resource,
      rules: inForce.filter(({ resources }) => resources.includes(resource)),
    }));
}

function ofClient(levels: Level[], path: string, facts: Facts): Verdict {
  const passes = levels
    .filter(({ resource }) => resource === path)
    .flatMap((level) => level.rules)
    .filter(({ effect, when }) => effect === 'ALLOW' && when.scopes.length > 0)
    .filter(({ when }) => !facts.isChange || when.scopes.some((scope) => !scope.endsWith(':read')))
    .filter((rule) => applies(rule, facts, facts))
    .some((rule) => rule.require.every((clause) => isMet(clause, facts)));
  return without(passes ? 'ALLOWED' : 'FORBIDDEN');
}

function ofStranger(levels: Level[], facts: Facts): Verdict {
  const own = askedOf('ANONYMOUS', levels);
  if (own.length > 0 && ways(own, facts).some(({ clauses }) => clauses.length === 0)) {
    return without('ALLOWED');
  }
  const speaksOf = (rule: Rule, person: Person): boolean =>
    applies(rule, { ...facts, caller: 'USER' }, person);
  const shutToAll = levels
    .flatMap((level) => level.rules)
    .filter(({ effect }) => effect === 'DENY')
    .some((rule) => everybody.every((person) => speaksOf(rule, person)));
  const helps = (rule: Rule): boolean =>
    rule.require.every(isPossible) && everybody.some((person) => speaksOf(rule, person));
  const asked = askedOf('USER', levels);
  const could = !shutToAll && asked.length > 0 && asked.every((level) => level.some(helps));
  return without(could ? 'SIGN_IN_REQUIRED' : 'FORBIDDEN');
}

function ofUser(levels: Level[], facts: Facts): Verdict {
  const asked = askedOf('USER', levels);
  if (asked.length === 0) return without('FORBIDDEN');
  const [best] = ways(asked, facts)
    .filter(({ clauses }) => clauses.every(isPossible))
    .sort((a, b) => a.clauses.length - b.clauses.length || compare(a.order, b.order));
  if (best === undefined) return without('FORBIDDEN');
  if (best.clauses.length === 0) return without('ALLOWED');
  const told = best.clauses.map((clause) => clause.anyOf.map((one) => tell(one, facts)));
  return { outcome: 'STEP_UP_REQUIRED', missing: unique(told) };
}

function without(outcome: string): Verdict {
  return { outcome, missing: [] };
}

function askedOf(caller: Facts['caller'], levels: Level[]): Rule[][] {
  return levels
    .map((level) =>
      level.rules.filter(
        ({ effect, when: { callers } }) =>
          effect === 'ALLOW' && (callers.length === 0 || callers.includes(caller)),
      ),
    )
    .filter((level) => level.length > 0);
}

/** Every way through the levels: one alternative that speaks of the caller on each, and what it leaves to be proven. */
function ways(levels: Rule[][], facts: Facts): { order: number[]; clauses: Clause[] }[] {
  const alternatives = levels.map((level) =>
    level.map((rule, order) => ({ rule, order })).filter(({ rule }) => applies(rule, facts, facts)),
  );
  return choices(alternatives).map((way) => ({
    order: way.map(({ order }) => order),
    clauses: way.flatMap(({ rule }) => rule.require.filter((clause) => !isMet(clause, facts))),
  }));
}

/** How the oracle writes down a missing requirement. */
function written(
  { method, provider, maxAgeSeconds }: Requirement,
  reason: string,
  lastAt: Date | null,
): string {
  return [method, provider, maxAgeSeconds, reason, lastAt?.toISOString()].map(String).join(' ');
}

/** Everybody that rules over the groups `red` and `blue` can tell apart. */
const everybody: Person[] = subsets(['USER', 'OPERATOR', 'ADMIN']).flatMap((roles) =>
  subsets(['red', 'blue']).map((groups) => ({ roles, groups })),
);

function covers(resource: string, path: string): boolean {
  return resource === '/' || `${path}/`.startsWith(`${resource}/`);
}

function applies({ effect, when }: Rule, facts: Facts, person: Person): boolean {
  const isUser = facts.caller === 'USER';
  const scopes = facts.caller === 'API_CLIENT' ? facts.scopes : [];
  const groups = facts.caller === 'ANONYMOUS' ? [] : person.groups;
  const doubt = effect === 'DENY';
  const conditions = [
    when.callers.length === 0 || when.callers.includes(facts.caller),
    when.roles.length === 0 || (isUser && when.roles.some((role) => hasRole(person, role))),
    when.groups.length === 0 || when.groups.filter((group) => groups.includes(group)).length > 0,
    when.notGroups.filter((group) => groups.includes(group)).length === 0,
    when.networks.length === 0 || when.networks.some((one) => inside(one, facts.address) ?? doubt),
    when.windows.length === 0 || when.windows.some((one) => during(one, facts.now) ?? doubt),
    when.scopes.filter((scope) => !scopes.includes(scope)).length === 0,
  ];
  return !conditions.includes(false);
}

function hasRole({ roles }: Person, role: string): boolean {
  if (role === 'USER') return true;
  return roles.includes(role) || (role === 'OPERATOR' && roles.includes('ADMIN'));
}

function inside(network: string, address: string): boolean | undefined {
  const [base = '', bits = ''] = network.split('/');
  const kind = kindOf(base);
  const own = kindOf(address);
  const longest = kind === 'ipv4' ? 32 : 128;
  if (kind === undefined || own === undefined || bits === '' || Number(bits) > longest) {
    return undefined;
  }
  const list = new BlockList();
  list.addSubnet(base, Number(bits), kind);
  return list.check(address, own);
}

function kindOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (isIPv4(address)) return 'ipv4';
  return isIPv6(address) ? 'ipv6' : undefined;
}

/** Walks back, minute by minute, for as long as the window is, and looks whether it began there. */
function during(window: Window, now: Date): boolean | undefined {
  const from = minuteOf(window.from);
  const to = minuteOf(window.to);
  const local = localTime(window.timeZone, now);
  if (Number.isNaN(from + to) || local === undefined) return undefined;
  const length = to > from ? to - from : to - from + DAY;
  return Array.from({ length }, (_, back) => local.minute - back).some((minute) => {
    const day = DAYS[(local.day + (minute < 0 ? 6 : 0)) % 7];
    return (minute + DAY) % DAY === from && window.days.some((name) => name === day);
  });
}

function minuteOf(text: string): number {
  const [hours = NaN, minutes = NaN] = text.split(':').map(Number);
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : NaN;
}

function localTime(timeZone: string, now: Date): { day: number; minute: number } | undefined {
  const shown = clockIn(timeZone)?.format(now);
  if (shown === undefined) return undefined;
  const [date = '', time = ''] = shown.split(' ');
  const [hours = NaN, minutes = NaN] = time.split(':').map(Number);
  return { day: new Date(`${date}T00:00:00Z`).getUTCDay(), minute: hours * 60 + minutes };
}

const clocks = new Map<string, Intl.DateTimeFormat | undefined>();
function clockIn(timeZone: string): Intl.DateTimeFormat | undefined {
  if (!clocks.has(timeZone)) clocks.set(timeZone, newClock(timeZone));
  return clocks.get(timeZone);
}
function newClock(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  } catch {
    return undefined;
  }
}

function isMet(clause: Clause, facts: Facts): boolean {
  return clause.anyOf.some((one) => proofs(one, facts).some(({ kind }) => kind === 'good'));
}

function isPossible(clause: Clause): boolean {
  return clause.anyOf.filter(({ method }) => method !== 'CLIENT_CREDENTIALS').length > 0;
}

function proofs(
  one: Requirement,
  facts: Facts,
): { kind: 'good' | 'old' | 'same'; evidence: Evidence }[] {
  return facts.evidence
    .filter(({ method }) => method === one.method)
    .filter(({ provider }) => one.provider === null || provider === one.provider)
    .map((evidence) => {
      const age = (facts.now.getTime() - evidence.at.getTime()) / 1000;
      if (facts.excludedCredentials?.includes(evidence.credential) === true) {
        return { kind: 'same', evidence };
      }
      return {
        kind: one.maxAgeSeconds === null || age <= one.maxAgeSeconds ? 'good' : 'old',
        evidence,
      };
    });
}

function tell(one: Requirement, facts: Facts): string {
  const given = proofs(one, facts);
  for (const [kind, reason] of [
    ['old', 'STALE'],
    ['same', 'SAME_CREDENTIAL'],
  ] as const) {
    const [last] = given
      .filter((proof) => proof.kind === kind)
      .sort((a, b) => b.evidence.at.getTime() - a.evidence.at.getTime());
    if (last !== undefined) return written(one, reason, last.evidence.at);
  }
  return written(one, 'ABSENT', null);
}

/** What the judge found missing, as the oracle writes it down. */
export function missingOf({ missing }: Decision): string[][] {
  return missing.map(({ anyOf }) =>
    anyOf.map(({ reason, lastAt, ...requirement }) => written(requirement, reason, lastAt)),
  );
}

function choices<T>(lists: readonly T[][]): T[][] {
  const [first, ...rest] = lists;
  if (first === undefined) return [[]];
  return first.flatMap((one) => choices(rest).map((others) => [one, ...others]));
}

function subsets<T>(all: readonly T[]): T[][] {
  const [first, ...rest] = all;
  if (first === undefined) return [[]];
  return subsets(rest).flatMap((some) => [some, [first, ...some]]);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function unique(clauses: string[][]): string[][] {
  return clauses.filter((clause, i) => clauses.findIndex((c) => c.join() === clause.join()) === i);
}
