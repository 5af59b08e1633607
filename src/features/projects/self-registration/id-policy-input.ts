import { FieldProblems, type Problem } from '../../../kernel/field-problems.js';
import {
  HIGHEST_ID,
  highestOf,
  inOrder,
  type BlockedRange,
  type IdFormat,
  type IdPolicy,
} from './id-policy.js';

/** What an administrator may say of a new project's IDs. What is left out, or null, has its default. */
export interface IdPolicyInput {
  readonly firstId?: number | null;
  readonly ceiling?: number | null;
  readonly idPrefix?: string | null;
  readonly idWidth?: number | null;
  readonly quota?: number | null;
  readonly blockedRanges?: readonly BlockedRange[] | null;
}

/** What may change later. What is left out stays; null takes ceiling or quota away. */
export type IdPolicyChange = Pick<IdPolicyInput, 'ceiling' | 'quota' | 'blockedRanges'>;

export interface WholePolicy extends IdPolicy, IdFormat {
  readonly quota: number | null;
}

/** What has been assigned by it already. */
export interface Progress {
  readonly lastId: number | null;
  readonly used: number;
}

const MAX_QUOTA = 2 ** 31 - 1;
const MAX_RANGES = 1000;
const MAX_WIDTH = 15;
/** What readers, links and lists take without being asked, and no spreadsheet for a formula. */
const PREFIX = /^(?:[A-Za-z0-9][A-Za-z0-9._/-]{0,19})?$/;
const NOTHING: Progress = { lastId: null, used: 0 };

/** @throws DomainError INVALID_INPUT */
export function newPolicy(input: IdPolicyInput, path: string): WholePolicy {
  const policy = {
    firstId: input.firstId ?? 1,
    ceiling: input.ceiling ?? null,
    idPrefix: input.idPrefix ?? '',
    idWidth: input.idWidth ?? 0,
    quota: input.quota ?? null,
    blockedRanges: input.blockedRanges ?? [],
  };
  const problems = new FieldProblems()
    .note(`${path}.firstId`, between(policy.firstId, 0, HIGHEST_ID))
    .note(`${path}.idPrefix`, prefixProblem(policy.idPrefix))
    .note(`${path}.idWidth`, between(policy.idWidth, 0, MAX_WIDTH));
  problems.refuse();
  return checked(policy, NOTHING, path);
}

/** @throws DomainError INVALID_INPUT */
export function changedPolicy(
  present: WholePolicy & Progress,
  { ceiling, quota, blockedRanges }: IdPolicyChange,
  path: string,
): WholePolicy {
  if (blockedRanges === null) {
    new FieldProblems().note(`${path}.blockedRanges`, 'An empty list blocks nothing.').refuse();
  }
  const changed = {
    ...present,
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(quota === undefined ? {} : { quota }),
    ...(blockedRanges ? { blockedRanges } : {}),
  };
  return checked(changed, present, path);
}

function checked(policy: WholePolicy, progress: Progress, path: string): WholePolicy {
  new FieldProblems()
    .note(`${path}.firstId`, widthProblem(policy))
    .note(`${path}.ceiling`, ceilingProblem(policy, progress))
    .note(`${path}.quota`, quotaProblem(policy, progress))
    .note(`${path}.blockedRanges`, rangesProblem(policy.blockedRanges))
    .refuse();
  const { firstId, ceiling, idPrefix, idWidth, quota, blockedRanges } = policy;
  return {
    firstId,
    ceiling: ceiling ?? highestOf(policy),
    ...{ idPrefix, idWidth, quota },
    blockedRanges: inOrder(blockedRanges),
  };
}

function prefixProblem(prefix: string): Problem {
  return PREFIX.test(prefix)
    ? undefined
    : 'It may have letters, digits and . _ / - after a letter or digit, at most 20 characters.';
}

function widthProblem({ firstId, idWidth }: WholePolicy): Problem {
  const highest = highestOf({ idWidth }) ?? HIGHEST_ID;
  return firstId <= highest ? undefined : `It has more than ${String(idWidth)} digits.`;
}

function ceilingProblem(policy: WholePolicy, { lastId }: Progress): Problem {
  const { ceiling, firstId } = policy;
  if (ceiling === null) return undefined;
  const lowest = lastId ?? firstId;
  return between(ceiling, lowest, highestOf(policy) ?? HIGHEST_ID);
}

function quotaProblem({ quota }: WholePolicy, { used }: Progress): Problem {
  return quota === null ? undefined : between(quota, Math.max(1, used), MAX_QUOTA);
}

function rangesProblem(ranges: readonly BlockedRange[]): Problem {
  if (ranges.length > MAX_RANGES) return `There can be at most ${String(MAX_RANGES)}.`;
  const ends = ranges.flatMap(({ from, to }) => [from, to]);
  if (!ends.every((end) => Number.isSafeInteger(end) && end >= 0)) {
    return `Its ends must be from 0 to ${String(HIGHEST_ID)}.`;
  }
  const isTurned = ranges.some(({ from, to }) => from > to);
  return isTurned ? 'No range may end before it begins.' : undefined;
}

function between(value: number, min: number, max: number): Problem {
  return Number.isSafeInteger(value) && value >= min && value <= max
    ? undefined
    : `It must be from ${String(min)} to ${String(max)}.`;
}
