const FIRST_SECONDS = 0.5;
const LONGEST_SECONDS = 15;

/**
 * Seconds to wait before attempt `failures + 1`: doubling, at most 15, and spread (full jitter over the upper half), so that
 * the pages of a restarted server do not all come back at once. `chance` is from 0 to 1.
 */
export function backOffSeconds(failures: number, chance: number): number {
  if (failures === 0) return 0;
  const ceiling = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** Math.min(failures - 1, 10));
  return ceiling / 2 + (ceiling / 2) * chance;
}
