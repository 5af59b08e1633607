import { Divider, Group, Paper, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import type { DeviceTask } from '../../../phone/contract.js';
import { profileText } from '../../../phone/profile-text.js';
import { KindIcon } from '../../shared/certificate-card.js';
import { KIND_TEXT } from '../../shared/certificates.js';

interface TaskSummaryProps {
  readonly task: DeviceTask;
}

/** What will be made, and for whom. */
export function TaskSummary({ task }: TaskSummaryProps): ReactElement {
  return (
    <Paper withBorder radius="lg" p="lg" shadow="xs">
      <Stack gap="md">
        <Stack gap={2}>
          <Text size="sm" c="dimmed">
            For
          </Text>
          <Text fw={650} fz="xl" style={{ overflowWrap: 'anywhere' }}>
            {task.accountName ?? 'This phone: its ID comes at the end'}
          </Text>
          <Text c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {profileText(task.profileName, task.serverName)}
          </Text>
        </Stack>
        <Divider />
        <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {task.keyRequests.map(({ kind, origin }) => (
            <Group
              key={kind}
              component="li"
              wrap="nowrap"
              align="flex-start"
              gap="sm"
              data-makes={kind}
            >
              <KindIcon kind={kind} />
              <Stack gap={0}>
                <Text fw={600}>{KIND_TEXT[kind].name}</Text>
                <Text size="sm" c="dimmed">
                  {KIND_TEXT[kind].purpose}
                </Text>
                {origin === 'SERVER' && (
                  <Text size="sm" c="dimmed">
                    {task.serverName} makes this key and keeps a copy of it for recovery.
                  </Text>
                )}
              </Stack>
            </Group>
          ))}
        </Stack>
        {task.bringsEarlierKeys && (
          <Text size="sm" c="dimmed">
            Keys of an earlier mobile ID come along, so that old messages can be read.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
