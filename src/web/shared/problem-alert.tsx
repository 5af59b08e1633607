import { Alert } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';
import { sentenceOf, type Problem } from './errors.js';

interface ProblemAlertProps {
  readonly problem: Problem | undefined;
  /** More precise sentences for codes that mean something narrower here. */
  readonly here?: Readonly<Record<string, string>>;
  /** A way on, such as a button. */
  readonly children?: ReactNode;
}

/** Says what went wrong, aloud as well. The live region is always there, so that screen readers notice what enters it. */
export function ProblemAlert({ problem, here, children }: ProblemAlertProps): ReactElement {
  return (
    <div role="alert" style={problem === undefined ? { position: 'absolute' } : undefined}>
      {problem !== undefined && (
        <Alert
          variant="light"
          color="red"
          icon={<IconAlertCircle aria-hidden="true" />}
          role="presentation"
          data-problem={problem.code}
        >
          {sentenceOf(problem, here)}
          {children}
        </Alert>
      )}
    </div>
  );
}
