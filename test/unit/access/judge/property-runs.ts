/** What one run catches, every run is to catch: only where mutants are looked for. */
const MUTATION_SEED = 20_260_504;

/** How often a property is tried; less where hundreds of mutants have to be found, see `jest.mutation.config.cjs`. */
export function runs(numRuns: number): { numRuns: number; seed?: number } {
  const share = process.env['PROPERTY_SHARE'];
  if (share === undefined) return { numRuns };
  return { numRuns: Math.ceil(numRuns * Number(share)), seed: MUTATION_SEED };
}
