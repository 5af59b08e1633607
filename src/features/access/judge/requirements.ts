import type { Evidence } from '../../../kernel/actor.js';
import type { Facts } from './facts.js';
import type { Clause, Requirement } from './rule.js';

export const MISSING_REASONS = ['ABSENT', 'STALE', 'SAME_CREDENTIAL'] as const;
export type MissingReason = (typeof MISSING_REASONS)[number];

/** A requirement that is not met, and why. `lastAt`: when it was last proven, though too long ago or by the wrong credential. */
export interface MissingRequirement extends Requirement {
  readonly reason: MissingReason;
  readonly lastAt: Date | null;
}
export interface MissingClause {
  readonly anyOf: readonly MissingRequirement[];
}

/** Milliseconds since 1970 of the last instant at which something is still proven, if nothing more is. */
export const NEVER = -Infinity;
export const ALWAYS = Infinity;

/** Until when all clauses are met: {@link NEVER} where one is not, {@link ALWAYS} where nothing ages. */
export function provenUntil(require: readonly Clause[], facts: Facts): number {
  return Math.min(ALWAYS, ...require.map((clause) => clauseProvenUntil(clause, facts)));
}

/** The clauses that are not met. */
export function unmetClauses(require: readonly Clause[], facts: Facts): Clause[] {
  return require.filter((clause) => clauseProvenUntil(clause, facts) === NEVER);
}

/** Whether a person could meet it at all: only API clients have client credentials. */
export function canBeMet(clause: Clause): boolean {
  return clause.anyOf.some(({ method }) => method !== 'CLIENT_CREDENTIALS');
}

/** Tells of an unmet clause what is wrong with each of its requirements. */
export function describeMissing(clause: Clause, facts: Facts): MissingClause {
  return { anyOf: clause.anyOf.map((requirement) => missingRequirement(requirement, facts)) };
}

function clauseProvenUntil(clause: Clause, facts: Facts): number {
  return Math.max(NEVER, ...clause.anyOf.map((requirement) => met(requirement, facts)));
}

function met(requirement: Requirement, facts: Facts): number {
  const { maxAgeSeconds } = requirement;
  const ends = evidenceOf(requirement, facts)
    .filter((evidence) => !isExcluded(evidence, facts))
    .map(({ at }) => (maxAgeSeconds === null ? ALWAYS : at.getTime() + maxAgeSeconds * 1000))
    .filter((end) => end >= facts.now.getTime());
  return Math.max(NEVER, ...ends);
}

function missingRequirement(requirement: Requirement, facts: Facts): MissingRequirement {
  const given = evidenceOf(requirement, facts);
  const usable = given.filter((evidence) => !isExcluded(evidence, facts));
  const { method, provider, maxAgeSeconds } = requirement;
  const known = { method, provider, maxAgeSeconds };
  if (given.length === 0) return { ...known, reason: 'ABSENT', lastAt: null };
  if (usable.length === 0) return { ...known, reason: 'SAME_CREDENTIAL', lastAt: latest(given) };
  return { ...known, reason: 'STALE', lastAt: latest(usable) };
}

function evidenceOf({ method, provider }: Requirement, facts: Facts): Evidence[] {
  return facts.evidence.filter(
    (evidence) =>
      evidence.method === method && (provider === null || evidence.provider === provider),
  );
}

function isExcluded(evidence: Evidence, facts: Facts): boolean {
  return facts.excludedCredentials?.includes(evidence.credential) ?? false;
}

function latest(evidence: readonly Evidence[]): Date {
  return new Date(Math.max(...evidence.map(({ at }) => at.getTime())));
}
