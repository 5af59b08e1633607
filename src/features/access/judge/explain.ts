import { obstacleOf, type Obstacle } from './conditions.js';
import type { Facts } from './facts.js';
import {
  describeMissing,
  unmetClauses,
  type MissingClause,
  type MissingRequirement,
} from './requirements.js';
import { levelsOf } from './resource-path.js';
import type { CallerKind, Rule } from './rule.js';

/** One rule's part in a decision. */
export interface Verdict<R extends Rule> {
  readonly rule: R;
  /** The level of the path at which the rule stands. */
  readonly resource: string;
  /** Whether it counts in this call. */
  readonly matched: boolean;
  /** Whether it counts, and all that it asks for is proven. */
  readonly satisfied: boolean;
  /** One sentence. */
  readonly because: string;
}

/** The verdict of every rule that names a level of the resource's path, from the top down; found as the judge finds them. */
export function explain<R extends Rule>(
  rules: readonly R[],
  resource: string,
  facts: Facts,
): Verdict<R>[] {
  return levelsOf(resource).flatMap((level) =>
    rules
      .filter(({ resources }) => resources.includes(level))
      .map((rule) => ({ rule, resource: level, ...verdictOf(rule, facts, level === resource) })),
  );
}

function verdictOf<R extends Rule>(
  rule: R,
  facts: Facts,
  isOwn: boolean,
): Pick<Verdict<R>, 'matched' | 'satisfied' | 'because'> {
  const obstacle = obstacleOf(rule, facts, isOwn);
  if (obstacle !== undefined) {
    return { matched: false, satisfied: false, because: SENTENCES[obstacle](rule, facts) };
  }
  const unmet = unmetClauses(rule.require, facts).map((clause) => describeMissing(clause, facts));
  return { matched: true, satisfied: unmet.length === 0, because: matchedSentence(rule, unmet) };
}

function matchedSentence({ effect, require }: Rule, unmet: readonly MissingClause[]): string {
  if (effect === 'DENY') return 'It matches, and keeps the caller out.';
  if (require.length === 0) return 'It matches, and asks for no proof.';
  if (unmet.length === 0) return 'It matches, and all that it asks for is proven.';
  return `It matches, but asks for ${unmet.map(clauseText).join(', and for ')}.`;
}

const SENTENCES: Readonly<Record<Obstacle, (rule: Rule, facts: Facts) => string>> = {
  enabled: () => 'It is not enabled.',
  callers: ({ when }, { caller }) =>
    `It is about ${listed(when.callers.map((kind) => CALLERS[kind]))}, not about ${CALLERS[caller]}.`,
  above: () => 'It stands above the resource; API clients are let in only on the resource itself.',
  unscoped: () => 'It names no scope, and without one it lets no API client in.',
  reading: ({ when }) => `Its scope ${listed(when.scopes)} only reads, and this changes something.`,
  networks: ({ when }, { address }) =>
    `The address ${address} lies in none of its networks: ${listed(when.networks)}.`,
  scopes: ({ when }, { scopes }) =>
    `The caller lacks the scope ${listed(when.scopes.filter((one) => !scopes.includes(one)))}.`,
  roles: ({ when }) => `The caller has none of the roles it is about: ${listed(when.roles)}.`,
  groups: ({ when }) => `The caller is in none of the groups it is about: ${listed(when.groups)}.`,
  notGroups: ({ when }, { groups }) =>
    `The caller is in a group that it leaves out: ${listed(when.notGroups.filter((one) => groups.includes(one)))}.`,
  windows: ({ when }) =>
    `It is now outside of its time windows: ${listed(
      when.windows.map(
        ({ days, from, to, timeZone }) => `${days.join(' ')} ${from} to ${to} ${timeZone}`,
      ),
    )}.`,
};

const CALLERS: Readonly<Record<CallerKind, string>> = {
  ANONYMOUS: 'people who are not signed in',
  USER: 'signed-in users',
  API_CLIENT: 'API clients',
};

const REASONS: Readonly<Record<MissingRequirement['reason'], string>> = {
  ABSENT: 'not given',
  STALE: 'given too long ago',
  SAME_CREDENTIAL: 'given with the very credential that is being replaced',
};

function clauseText({ anyOf }: MissingClause): string {
  return anyOf.length === 0 ? 'what nothing can prove' : anyOf.map(requirementText).join(' or ');
}

function requirementText(requirement: MissingRequirement): string {
  const { method, provider, maxAgeSeconds, reason } = requirement;
  const of = provider === null ? '' : ` of ${provider}`;
  const age = maxAgeSeconds === null ? '' : ` at most ${duration(maxAgeSeconds)} old`;
  return `${method}${of}${age} (${REASONS[reason]})`;
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const;

function duration(seconds: number): string {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
}

function listed(names: readonly string[]): string {
  return names.join(', ');
}
