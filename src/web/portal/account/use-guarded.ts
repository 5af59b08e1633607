import { useState } from 'react';
import type { Problem } from '../../shared/errors.js';
import { missingOf, type MissingClause } from '../step-up/step-up.js';

/** Does something, and answers with what went wrong. */
type Call = () => Promise<Problem | undefined>;

interface Outcome {
  readonly busy: boolean;
  readonly problem?: Problem | undefined;
  /** What went well, in a sentence. */
  readonly done?: string;
  /** A call that waits for a further proof. */
  readonly waiting?: {
    readonly missing: readonly MissingClause[];
    readonly call: Call;
    readonly done: string;
  };
}

export interface Guarded extends Outcome {
  /** Calls; where the access rules ask for a further proof first, the call waits for it. */
  readonly run: (call: Call, done: string) => Promise<void>;
  /** The proof was given: calls again what waits for it. */
  readonly proven: () => Promise<void>;
  readonly giveUp: () => void;
}

const NOTHING: Outcome = { busy: false };

/** A call that the access rules may want a further proof for. */
export function useGuarded(): Guarded {
  const [outcome, setOutcome] = useState<Outcome>(NOTHING);
  const run = async (call: Call, done: string): Promise<void> => {
    setOutcome(({ waiting }) => ({ busy: true, ...(waiting && { waiting }) }));
    const problem = await call();
    const missing = problem && missingOf(problem.facts);
    if (missing) setOutcome({ busy: false, waiting: { missing, call, done } });
    else setOutcome({ busy: false, ...(problem ? { problem } : { done }) });
  };
  return {
    ...outcome,
    run,
    proven: async () => {
      if (outcome.waiting) await run(outcome.waiting.call, outcome.waiting.done);
    },
    giveUp: () => {
      setOutcome(NOTHING);
    },
  };
}
