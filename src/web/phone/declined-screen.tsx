import { Button, Stack, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';

interface DeclinedScreenProps {
  readonly onFinish: () => void;
}

export function DeclinedScreen({ onFinish }: DeclinedScreenProps): ReactElement {
  return (
    <Stack gap="xl">
      <Hero icon={IconX} color="gray" />
      <Stack gap="xs" ta="center">
        <PageTitle>You said no</PageTitle>
        <Text c="dimmed">
          Nothing was signed, and the page was told. Somebody knows another of your proofs, such as
          your password: change it, and tell the people who run this service.
        </Text>
      </Stack>
      <Button size="lg" fullWidth variant="light" onClick={onFinish}>
        Done
      </Button>
    </Stack>
  );
}
