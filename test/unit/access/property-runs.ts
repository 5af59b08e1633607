/** Fewer where each of hundreds of mutants has to be found: see `stryker.config.mjs`. */
export function runs(numRuns: number): { numRuns: number } {
  const share = Number(process.env['PROPERTY_SHARE'] ?? '1');
  return { numRuns: Math.ceil(numRuns * share) };
}
