import { Button, Stack } from '@mantine/core';
import type { ReactElement } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { CANCEL_ENROLMENT } from './documents.js';

interface CancelButtonProps {
  readonly enrolmentId: string;
  /** "Cancel order" while nobody has scanned, "Not my phone" afterwards. */
  readonly label: string;
  readonly onChanged: () => Promise<void>;
}

export function CancelButton({ enrolmentId, label, onChanged }: CancelButtonProps): ReactElement {
  const [{ fetching, error }, cancel] = useMutation(CANCEL_ENROLMENT);
  const cancelNow = async (): Promise<void> => {
    await cancel({ id: enrolmentId });
    await onChanged();
  };
  return (
    <Stack align="center" gap="xs">
      <ProblemAlert problem={fetching || !error ? undefined : problemOf(error)} />
      <Button variant="subtle" color="red" loading={fetching} onClick={() => void cancelNow()}>
        {label}
      </Button>
    </Stack>
  );
}
