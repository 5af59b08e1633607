/** How much is measured. Full: about five minutes. */
export interface BenchPlan {
  readonly startUps: { readonly cold: number; readonly warm: number };
  readonly activations: {
    /** Phones that work at the same time. */
    readonly phones: number;
    readonly warmUpSeconds: number;
    /** Rates are medians over so many windows. */
    readonly windows: number;
    readonly windowSeconds: number;
  };
  readonly issuance: {
    readonly warmUpSeconds: number;
    readonly windows: number;
    readonly windowSeconds: number;
  };
  readonly imports: { readonly users: number };
  readonly pages: {
    readonly counts: readonly number[];
    readonly idleSeconds: number;
    readonly changesPerSecond: number;
    readonly changeSeconds: number;
    readonly pollSeconds: number;
  };
  readonly lostRights: { readonly pages: number; readonly rounds: number };
  readonly queries: { readonly windows: number; readonly windowSeconds: number };
}

export const FULL: BenchPlan = {
  startUps: { cold: 3, warm: 5 },
  activations: { phones: 24, warmUpSeconds: 5, windows: 3, windowSeconds: 8 },
  issuance: { warmUpSeconds: 2, windows: 5, windowSeconds: 3 },
  imports: { users: 100_000 },
  pages: {
    counts: [1_000, 10_000],
    idleSeconds: 15,
    changesPerSecond: 500,
    changeSeconds: 15,
    pollSeconds: 8,
  },
  lostRights: { pages: 1_000, rounds: 3 },
  queries: { windows: 3, windowSeconds: 4 },
};

export const QUICK: BenchPlan = {
  startUps: { cold: 1, warm: 1 },
  activations: { phones: 24, warmUpSeconds: 1, windows: 1, windowSeconds: 3 },
  issuance: { warmUpSeconds: 1, windows: 1, windowSeconds: 1 },
  imports: { users: 5_000 },
  pages: {
    counts: [200, 1_000],
    idleSeconds: 3,
    changesPerSecond: 500,
    changeSeconds: 3,
    pollSeconds: 2,
  },
  lostRights: { pages: 100, rounds: 2 },
  queries: { windows: 1, windowSeconds: 1 },
};
