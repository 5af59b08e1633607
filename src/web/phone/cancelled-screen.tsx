import { Button, Stack, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';

interface CancelledScreenProps {
  readonly onFinish: () => void;
}

export function CancelledScreen({ onFinish }: CancelledScreenProps): ReactElement {
  return (
    <Stack gap="xl">
      <Hero icon={IconX} color="gray" />
      <Stack gap="xs" ta="center">
        <PageTitle>Cancelled</PageTitle>
        <Text c="dimmed">
          Nothing was issued. The page with the code says so too. If it was not you who ordered,
          tell the people who run this service.
        </Text>
      </Stack>
      <Button size="lg" fullWidth variant="light" onClick={onFinish}>
        Done
      </Button>
    </Stack>
  );
}
