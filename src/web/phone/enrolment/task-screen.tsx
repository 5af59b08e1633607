import { Button, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { isShared, type DeviceTask } from '../../../phone/contract.js';
import { PageTitle } from '../../shared/page-title.js';
import { CancelButton } from './cancel-button.js';
import { TaskSummary } from './task-summary.js';

interface TaskScreenProps {
  readonly task: DeviceTask;
  readonly onCreate: () => void;
  readonly onCancel: () => void;
}

export function TaskScreen({ task, onCreate, onCancel }: TaskScreenProps): ReactElement {
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <PageTitle>{isShared(task) ? 'Do you want this mobile ID?' : 'Is this you?'}</PageTitle>
        <Text c="dimmed">
          {isShared(task)
            ? 'It will be made on this phone, which gets an ID of its own.'
            : 'This mobile ID will be made on this phone.'}
        </Text>
      </Stack>
      <TaskSummary task={task} />
      <Stack gap="xs">
        <Button size="lg" fullWidth onClick={onCreate}>
          Create mobile ID
        </Button>
        <CancelButton task={task} onCancel={onCancel} />
      </Stack>
    </Stack>
  );
}
