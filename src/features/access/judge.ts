import { couldMatchSomeUser, matches, wouldMatchEveryUser } from './conditions.js';
import type { Facts } from './facts.js';
import {
  ALWAYS,
  NEVER,
  canBeMet,
  describeMissing,
  provenUntil,
  unmetClauses,
  type MissingClause,
} from './requirements.js';
import { isOpenResource, levelsOf } from './resource-path.js';
import type { CallerKind, Clause, Rule } from './rule.js';

export const ACCESS_OUTCOMES = [
  'ALLOWED',
  'SIGN_IN_REQUIRED',
  'STEP_UP_REQUIRED',
  'FORBIDDEN',
] as const;
export type AccessOutcome = (typeof ACCESS_OUTCOMES)[number];

export interface Decision {
  readonly resource: string;
  readonly outcome: AccessOutcome;
  /** Clauses that, all met, open the resource. Empty unless the outcome is STEP_UP_REQUIRED. */
  readonly missing: readonly MissingClause[];
  /** The last instant at which it is still ALLOWED by the evidence at hand. Null where nothing ages, or it is not allowed. */
  readonly validUntil: Date | null;
}

/** The rules that name one level of the path. */
type Level = readonly Rule[];

/**
 * Decides whether the caller may use the resource. Default deny, and a matching DENY wins. For people the levels of the path
 * add up and the rules of one level are alternatives; an API client needs a rule with scopes on the resource itself.
 */
export function judge(rules: readonly Rule[], resource: string, facts: Facts): Decision {
  const levels = levelsOf(resource).map((path) =>
    rules.filter((rule) => rule.enabled && rule.resources.includes(path)),
  );
  if (levels.flat().some((rule) => rule.effect === 'DENY' && matches(rule, facts))) {
    return refused(resource, 'FORBIDDEN');
  }
  if (isOpenResource(resource)) return allowed(resource, ALWAYS);
  if (facts.caller === 'API_CLIENT') return judgeClient(levels, resource, facts);
  return judgePerson(levels, resource, facts);
}

function judgeClient(levels: readonly Level[], resource: string, facts: Facts): Decision {
  const own = allowing(levels.at(-1) ?? [], 'API_CLIENT').filter(({ when: { scopes } }) =>
    facts.isChange === true ? scopes.some(isMoreThanReading) : scopes.length > 0,
  );
  const until = openUntil(own, facts);
  return until === NEVER ? refused(resource, 'FORBIDDEN') : allowed(resource, until);
}

/** Queries and mutations share resources, so what opens a query must not open a change. */
function isMoreThanReading(scope: string): boolean {
  return !scope.endsWith(':read');
}

function judgePerson(levels: readonly Level[], resource: string, facts: Facts): Decision {
  const guarded = guardedLevels(levels, facts.caller);
  const until = Math.min(ALWAYS, ...guarded.map((level) => openUntil(level, facts)));
  if (guarded.length > 0 && until !== NEVER) return allowed(resource, until);
  if (facts.caller === 'ANONYMOUS') {
    return refused(resource, signInCouldHelp(levels, facts) ? 'SIGN_IN_REQUIRED' : 'FORBIDDEN');
  }
  const unmet = guarded.map((level) => fewestUnmet(level, facts));
  const clauses = unmet.flatMap((level) => level ?? []);
  if (clauses.length === 0 || unmet.includes(undefined)) return refused(resource, 'FORBIDDEN');
  return {
    ...refused(resource, 'STEP_UP_REQUIRED'),
    missing: distinct(clauses).map((clause) => describeMissing(clause, facts)),
  };
}

/** Levels that ask something of this kind of caller. */
function guardedLevels(levels: readonly Level[], caller: CallerKind): Level[] {
  return levels.map((level) => allowing(level, caller)).filter((level) => level.length > 0);
}

function allowing(level: Level, caller: CallerKind): Rule[] {
  return level.filter(
    ({ effect, when }) =>
      effect === 'ALLOW' && (when.callers.length === 0 || when.callers.includes(caller)),
  );
}

/** Until when one of the alternatives opens the level. */
function openUntil(alternatives: Level, facts: Facts): number {
  const ends = alternatives
    .filter((rule) => matches(rule, facts))
    .map((rule) => provenUntil(rule.require, facts));
  return Math.max(NEVER, ...ends);
}

/** Unmet clauses of the matching alternative that needs fewest, the first of them; undefined where none can be met. */
function fewestUnmet(alternatives: Level, facts: Facts): Clause[] | undefined {
  return alternatives
    .filter((rule) => matches(rule, facts))
    .map((rule) => unmetClauses(rule.require, facts))
    .filter((unmet) => unmet.every(canBeMet))
    .reduce<Clause[] | undefined>(
      (best, unmet) => (best === undefined || unmet.length < best.length ? unmet : best),
      undefined,
    );
}

/** Whether somebody could get in from here and now by signing in, going by each rule for itself. */
function signInCouldHelp(levels: readonly Level[], facts: Facts): boolean {
  const guarded = guardedLevels(levels, 'USER');
  const denied = levels
    .flat()
    .some((rule) => rule.effect === 'DENY' && wouldMatchEveryUser(rule, facts));
  return (
    !denied &&
    guarded.length > 0 &&
    guarded.every((level) =>
      level.some((rule) => couldMatchSomeUser(rule, facts) && rule.require.every(canBeMet)),
    )
  );
}

/** A clause that several levels ask for is asked for once. */
function distinct(clauses: readonly Clause[]): Clause[] {
  return [...new Map(clauses.map((clause) => [keyOf(clause), clause])).values()];
}

function keyOf({ anyOf }: Clause): string {
  return JSON.stringify(anyOf.map((r) => [r.method, r.provider, r.maxAgeSeconds]));
}

function allowed(resource: string, until: number): Decision {
  const validUntil = until === ALWAYS ? null : new Date(until);
  return { resource, outcome: 'ALLOWED', missing: [], validUntil };
}

function refused(resource: string, outcome: Exclude<AccessOutcome, 'ALLOWED'>): Decision {
  return { resource, outcome, missing: [], validUntil: null };
}
