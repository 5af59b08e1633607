import {
  couldMatchSomeUser,
  failedCondition,
  obstacleOf,
  speaksOf,
  wouldMatchEveryUser,
} from './conditions.js';
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
import { windowContains, windowTurnsAt, type TimeWindow } from './time-window.js';

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
  /**
   * Until this instant, inclusive, it stays ALLOWED by the evidence at hand; after it, evidence is too old or a time window has
   * turned, and it has to be judged anew. Null where nothing runs out, or it is not allowed.
   */
  readonly validUntil: Date | null;
}

/** The rules in force that name one level of the path. */
type Level = readonly Rule[];

/**
 * Decides whether the caller may use the resource. Default deny, and a matching DENY wins. For people the levels of the path
 * add up and the rules of one level are alternatives; an API client needs a rule with scopes on the resource itself.
 */
export function judge(rules: readonly Rule[], resource: string, facts: Facts): Decision {
  const levels = levelsOf(resource).map((path) =>
    rules.filter((rule) => rule.enabled && rule.resources.includes(path)),
  );
  const undenied = undeniedUntil(levels.flat(), facts);
  if (undenied === NEVER) return refused(resource, 'FORBIDDEN');
  if (isOpenResource(resource)) return allowed(resource, undenied);
  const guarded = guardedLevels(levels, facts.caller);
  const until = Math.min(undenied, openUntil(levels, guarded, facts));
  if (until !== NEVER) return allowed(resource, until);
  switch (facts.caller) {
    case 'USER':
      return stepUp(guarded, resource, facts);
    case 'ANONYMOUS':
      return refused(resource, signInCouldHelp(levels, facts) ? 'SIGN_IN_REQUIRED' : 'FORBIDDEN');
    case 'API_CLIENT':
      return refused(resource, 'FORBIDDEN');
  }
}

/** Until when no DENY matches: {@link NEVER} where one does. */
function undeniedUntil(rules: readonly Rule[], facts: Facts): number {
  const ends = rules
    .filter(({ effect }) => effect === 'DENY')
    .map((rule) => {
      const failed = failedCondition(rule, facts);
      if (failed === undefined) return NEVER;
      return failed === 'windows' ? beforeFirst(rule.when.windows, facts) : ALWAYS;
    });
  return Math.min(ALWAYS, ...ends);
}

/** Until when ALLOW rules open the path. */
function openUntil(levels: readonly Level[], guarded: readonly Level[], facts: Facts): number {
  if (facts.caller === 'API_CLIENT') {
    return levelOpenUntil(allowing(levels.slice(-1).flat(), facts.caller), facts);
  }
  if (guarded.length === 0) return NEVER;
  return Math.min(...guarded.map((level) => levelOpenUntil(level, facts)));
}

/** Until when one of the alternatives opens the level. */
function levelOpenUntil(alternatives: Level, facts: Facts): number {
  const ends = matching(alternatives, facts).map(({ require, when }) =>
    Math.min(provenUntil(require, facts), withinUntil(when.windows, facts)),
  );
  return Math.max(NEVER, ...ends);
}

function stepUp(guarded: readonly Level[], resource: string, facts: Facts): Decision {
  const unmet = guarded.map((level) => fewestUnmet(level, facts));
  const canHelp = unmet.length > 0 && unmet.every((level) => level !== undefined);
  if (!canHelp) return refused(resource, 'FORBIDDEN');
  return {
    ...refused(resource, 'STEP_UP_REQUIRED'),
    missing: distinct(unmet.flat()).map((clause) => describeMissing(clause, facts)),
  };
}

/** Levels that ask something of this kind of caller. */
function guardedLevels(levels: readonly Level[], caller: CallerKind): Level[] {
  return levels.map((level) => allowing(level, caller)).filter((level) => level.length > 0);
}

function allowing(level: Level, caller: CallerKind): Rule[] {
  return level.filter(({ effect, when }) => effect === 'ALLOW' && speaksOf(when.callers, caller));
}

/** Those of the level's ALLOW rules that count for this call; for an API client, of the resource's own. */
function matching(alternatives: Level, facts: Facts): Rule[] {
  return alternatives.filter((rule) => obstacleOf(rule, facts, true) === undefined);
}

/** Until when one of the windows that hold now still does, as far as they tell themselves. */
function withinUntil(windows: readonly TimeWindow[], { now }: Facts): number {
  if (windows.length === 0) return ALWAYS;
  const holding = windows.filter((window) => windowContains(window, now) === true);
  return Math.max(...holding.map((window) => windowTurnsAt(window, now))) - 1;
}

/** Until when none of the windows has begun. */
function beforeFirst(windows: readonly TimeWindow[], { now }: Facts): number {
  return Math.min(...windows.map((window) => windowTurnsAt(window, now))) - 1;
}

/** Unmet clauses of the matching alternative that needs fewest, the first of them; undefined where none can be met. */
function fewestUnmet(alternatives: Level, facts: Facts): Clause[] | undefined {
  return matching(alternatives, facts)
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
