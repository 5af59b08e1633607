import { Alert, Button, Stack } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { StepUpPanel } from '../step-up/step-up-panel.js';
import type { Guarded } from './use-guarded.js';

interface GuardedOutcomeProps {
  readonly guarded: Guarded;
  /** What waits for the proof, e.g. "to add a passkey". */
  readonly purpose: string;
  readonly here?: Readonly<Record<string, string>>;
}

/** How the call went: the proof it still waits for, what went wrong, or that it is done. */
export function GuardedOutcome({ guarded, purpose, here }: GuardedOutcomeProps): ReactElement {
  const { waiting, problem, done } = guarded;
  return (
    <>
      <ProblemAlert problem={problem} {...(here && { here })} />
      <div role="status" style={done === undefined ? { position: 'absolute' } : undefined}>
        {done !== undefined && (
          <Alert
            variant="light"
            color="teal"
            role="presentation"
            icon={<IconCircleCheck aria-hidden="true" />}
            data-done
          >
            {done}
          </Alert>
        )}
      </div>
      {waiting && (
        <Stack gap="xs">
          <StepUpPanel
            missing={waiting.missing}
            purpose={purpose}
            takesFocus
            onProven={guarded.proven}
          />
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            style={{ alignSelf: 'flex-start' }}
            onClick={guarded.giveUp}
          >
            Not now
          </Button>
        </Stack>
      )}
    </>
  );
}
