import { Box, Center, Group, Loader, Paper, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { Step } from './steps.js';

interface StepListProps {
  readonly steps: readonly Step[];
}

export function StepList({ steps }: StepListProps): ReactElement {
  return (
    <Paper withBorder radius="lg" p="lg" shadow="xs">
      <Stack component="ol" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {steps.map(({ text, state }) => (
          <Group
            key={text}
            component="li"
            wrap="nowrap"
            gap="sm"
            aria-current={state === 'NOW' ? 'step' : undefined}
          >
            <Mark state={state} />
            <Text c={state === 'NEXT' ? 'dimmed' : 'inherit'} fw={state === 'NOW' ? 600 : 400}>
              {text}
            </Text>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}

function Mark({ state }: Pick<Step, 'state'>): ReactElement {
  if (state === 'DONE') {
    return (
      <ThemeIcon size={24} radius="xl" role="img" aria-label="Done">
        <IconCheck size={15} stroke={2.4} aria-hidden="true" />
      </ThemeIcon>
    );
  }
  return (
    <Center w={24} h={24}>
      {state === 'NOW' ? (
        <Loader size={20} aria-hidden="true" />
      ) : (
        <Box w={8} h={8} bg="var(--mantine-color-default-border)" style={{ borderRadius: 4 }} />
      )}
    </Center>
  );
}
