/** IDs that are not to be assigned, both ends included: cards that are in use already. */
export interface BlockedRange {
  readonly from: number;
  readonly to: number;
}

/** Which numbers a project assigns. */
export interface IdPolicy {
  readonly firstId: number;
  /** The highest one; null for the highest there is. */
  readonly ceiling: number | null;
  /** As {@link inOrder} gives them. */
  readonly blockedRanges: readonly BlockedRange[];
}

/** How a number is written. */
export interface IdFormat {
  readonly idPrefix: string;
  /** Digits at least, filled up with zeros in front. */
  readonly idWidth: number;
}

export const HIGHEST_ID = Number.MAX_SAFE_INTEGER;

/** The number after `lastId` that the policy allows, and before any was assigned the first; null where none is left. */
export function nextNumber(
  { firstId, ceiling, blockedRanges }: IdPolicy,
  lastId: number | null,
): number | null {
  let candidate = lastId === null ? firstId : lastId + 1;
  for (const { from, to } of blockedRanges) {
    if (from > candidate) break;
    if (to >= candidate) candidate = to + 1;
  }
  return candidate <= (ceiling ?? HIGHEST_ID) ? candidate : null;
}

/** As readers and the host system see it. */
export function valueOf({ idPrefix, idWidth }: IdFormat, number: number): string {
  return idPrefix + String(number).padStart(idWidth, '0');
}

/** The highest number that can be written so: a longer one would not be read where the width counts. Null for any. */
export function highestOf({ idWidth }: Pick<IdFormat, 'idWidth'>): number | null {
  return idWidth === 0 ? null : 10 ** idWidth - 1;
}

/** The same IDs in as few ranges as possible, the lowest first. */
export function inOrder(ranges: readonly BlockedRange[]): BlockedRange[] {
  const merged: BlockedRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to + 1) {
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else merged.push({ from: range.from, to: range.to });
  }
  return merged;
}
