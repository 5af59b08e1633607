import { Button, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import type { DeviceTask } from '../../../phone/contract.js';
import { PageTitle } from '../../shared/page-title.js';
import { NotMeButton } from '../not-me-button.js';
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
        <PageTitle>Is this you?</PageTitle>
        <Text c="dimmed">This mobile ID will be made on this phone.</Text>
      </Stack>
      <TaskSummary task={task} />
      <Stack gap="xs">
        <Button size="lg" fullWidth onClick={onCreate}>
          Create mobile ID
        </Button>
        <NotMeButton onCancel={onCancel} />
      </Stack>
    </Stack>
  );
}
