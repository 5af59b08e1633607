import type { Condition } from './protocol/scim-condition.js';
import { readCondition } from './protocol/scim-condition.js';
import { parseFilter } from './protocol/scim-filter.js';
import type { ResourceType } from './protocol/scim-schema.js';

export const MAX_RESULTS = 200;
const DEFAULT_RESULTS = 100;

/** RFC 7644 section 3.4.2. */
export interface ListQuery {
  readonly condition: Condition | null;
  /** Counted from 1. */
  readonly startIndex: number;
  readonly count: number;
}

export interface ListPage<Row> {
  readonly totalResults: number;
  readonly rows: readonly Row[];
}

/** What is below the least, or above the most, is taken for these: RFC 7644 section 3.4.2.4. @throws DomainError INVALID_INPUT */
export function readListQuery(
  type: ResourceType,
  asked: {
    readonly filter?: string | undefined;
    readonly startIndex?: number | undefined;
    readonly count?: number | undefined;
  },
): ListQuery {
  const { filter, startIndex = 1, count = DEFAULT_RESULTS } = asked;
  return {
    condition: filter === undefined ? null : readCondition(parseFilter(filter), type),
    startIndex: Math.max(1, startIndex),
    count: Math.min(Math.max(0, count), MAX_RESULTS),
  };
}
