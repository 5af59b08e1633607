import { Button, Stack, Text } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';

interface AnsweredScreenProps {
  readonly onFinish: () => void;
}

export function AnsweredScreen({ onFinish }: AnsweredScreenProps): ReactElement {
  return (
    <Stack gap="xl">
      <Hero icon={IconCheck} />
      <Stack gap="xs" ta="center">
        <PageTitle>It is you</PageTitle>
        <Text c="dimmed">The page that asked goes on by itself.</Text>
      </Stack>
      <Button size="lg" fullWidth variant="light" onClick={onFinish}>
        Done
      </Button>
    </Stack>
  );
}
