import { Stack } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import type { Problem } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { SixDigits } from '../../shared/six-digits.js';
import { useProof } from './use-proof.js';

interface CodeEntryProps {
  readonly label: string;
  /** What codes mean where this one is typed in. */
  readonly here: Readonly<Record<string, string>>;
  readonly verify: (code: string) => Promise<Problem | undefined>;
  readonly onProven: () => Promise<void>;
  /** Above the boxes, e.g. where the code was sent. */
  readonly children?: ReactNode;
}

/** Six digits that are sent as soon as the last one is typed. */
export function CodeEntry({
  label,
  here,
  verify,
  onProven,
  children,
}: CodeEntryProps): ReactElement {
  const { busy, problem, refusals, prove } = useProof(onProven);
  return (
    <Stack>
      <ProblemAlert problem={problem} here={here} />
      {children}
      <SixDigits
        label={label}
        busy={busy}
        refusals={refusals}
        onComplete={(code) => void prove(() => verify(code))}
      />
    </Stack>
  );
}
