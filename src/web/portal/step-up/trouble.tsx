import { Button } from '@mantine/core';
import type { ReactElement } from 'react';
import type { Problem } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { StepUpPanel } from './step-up-panel.js';
import { missingOf } from './step-up.js';

interface TroubleProps {
  readonly problem: Problem | undefined;
  /** What could not be done, e.g. "to see this order". */
  readonly purpose: string;
  readonly onRetry: () => Promise<void> | void;
}

/** What a page shows where its data should be: the proof that is missing, or the reason, and a way to try again where that may help. */
export function Trouble({ problem, purpose, onRetry }: TroubleProps): ReactElement {
  const missing = problem && missingOf(problem.facts);
  const retry = async (): Promise<void> => {
    await onRetry();
  };
  if (missing) return <StepUpPanel missing={missing} purpose={purpose} onProven={retry} />;
  return (
    <ProblemAlert problem={problem}>
      {problem?.code !== 'NOT_FOUND' && (
        <Button mt="sm" variant="light" color="red" display="block" onClick={() => void retry()}>
          Try again
        </Button>
      )}
    </ProblemAlert>
  );
}
