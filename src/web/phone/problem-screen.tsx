import { Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { Advice } from '../../phone/advice.js';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';

interface ProblemScreenProps {
  readonly advice: Advice;
  readonly onRetry: () => void;
  readonly onLeave: () => void;
}

export function ProblemScreen({ advice, onRetry, onLeave }: ProblemScreenProps): ReactElement {
  const { code, next, retry, title } = advice;
  return (
    <Stack gap="xl" data-problem={code}>
      <Hero icon={IconAlertTriangle} color="orange" />
      <Stack gap="xs" ta="center" role="alert">
        <PageTitle>{title}</PageTitle>
        <Text>{next}</Text>
        <Text size="xs" c="dimmed" ff="monospace">
          {code}
        </Text>
      </Stack>
      <Stack gap="xs">
        {retry && (
          <Button size="lg" fullWidth onClick={onRetry}>
            Try again
          </Button>
        )}
        <Button size="md" fullWidth variant={retry ? 'subtle' : 'light'} onClick={onLeave}>
          Mobile IDs on this phone
        </Button>
      </Stack>
    </Stack>
  );
}
