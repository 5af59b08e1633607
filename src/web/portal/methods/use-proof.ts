import { useState } from 'react';
import type { Problem } from '../../shared/errors.js';

interface Proving {
  /** Until what waits for the proof has gone on. */
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** How many proofs were refused here. */
  readonly refusals: number;
  /** Gives a proof; `attempt` answers with what went wrong. */
  readonly prove: (attempt: () => Promise<Problem | undefined>) => Promise<void>;
}

/** One proof after the other, until one is taken. */
export function useProof(onProven: () => Promise<void>): Proving {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [refusals, setRefusals] = useState(0);
  const prove = async (attempt: () => Promise<Problem | undefined>): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const refusal = await attempt();
    if (refusal) {
      setProblem(refusal);
      setRefusals((count) => count + 1);
    } else await onProven();
    setBusy(false);
  };
  return { busy, problem, refusals, prove };
}
