import { Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { SixDigits } from '../../shared/six-digits.js';
import { CONFIRM_DEVICE } from './documents.js';

interface ConfirmDeviceFormProps {
  readonly enrolmentId: string;
  readonly onChanged: () => Promise<void>;
}

/** The code that the phone shows, typed in here, ties that phone to this page. */
export function ConfirmDeviceForm({
  enrolmentId,
  onChanged,
}: ConfirmDeviceFormProps): ReactElement {
  const [{ error, fetching }, confirm] = useMutation(CONFIRM_DEVICE);
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState(0);
  const confirmWith = async (code: string): Promise<void> => {
    setBusy(true);
    const answer = await confirm({ id: enrolmentId, code });
    if (answer.error) setRefusals((count) => count + 1);
    await onChanged();
    setBusy(false);
  };
  return (
    <Stack align="center" gap="sm">
      <ProblemAlert problem={busy || fetching || !error ? undefined : problemOf(error)} />
      <SixDigits
        label="Code that the phone shows"
        busy={busy}
        refusals={refusals}
        onComplete={(code) => void confirmWith(code)}
      />
      <Text size="sm" c="dimmed" ta="center" maw={420}>
        After five wrong codes the order ends. Where an operator confirms phones, read the code to
        them instead: this page goes on by itself.
      </Text>
    </Stack>
  );
}
