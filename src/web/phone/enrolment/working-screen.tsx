import { Stack, Text, VisuallyHidden } from '@mantine/core';
import type { ReactElement } from 'react';
import type { DeviceTask } from '../../../phone/contract.js';
import type { Progress } from '../../../phone/phone.js';
import { PageTitle } from '../../shared/page-title.js';
import { ConfirmationCode } from './confirmation-code.js';
import { CancelButton } from './cancel-button.js';
import { StepList } from './step-list.js';
import { stepsOf } from './steps.js';
import { TaskSummary } from './task-summary.js';

interface WorkingScreenProps {
  readonly task: DeviceTask;
  readonly progress: Progress | undefined;
  readonly sent: boolean;
  readonly onCancel: () => void;
}

export function WorkingScreen(props: WorkingScreenProps): ReactElement {
  const { task, progress, sent, onCancel } = props;
  const confirming = progress?.step === 'AWAITING_CONFIRMATION' ? progress : undefined;
  const steps = stepsOf(task, progress);
  const current = steps.find(({ state }) => state === 'NOW');
  return (
    <Stack gap="lg">
      <PageTitle>{confirming ? 'Confirm this phone' : 'Making your mobile ID'}</PageTitle>
      {confirming ? <ConfirmationCode code={confirming.code} /> : <StepList steps={steps} />}
      <VisuallyHidden role="status">{current?.text ?? ''}</VisuallyHidden>
      {progress?.step === 'RETRYING' && (
        <Text size="sm" c="dimmed" ta="center">
          The server does not answer. Trying again…
        </Text>
      )}
      <TaskSummary task={task} />
      {!sent && <CancelButton task={task} onCancel={onCancel} />}
    </Stack>
  );
}
