import { Button, Group, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { StoredMobileId } from '../../../phone/keys/key-store.js';
import { PageTitle } from '../../shared/page-title.js';
import { MobileIdCard } from '../library/mobile-id-card.js';
import { RegistrationLink } from '../library/registration-link.js';

interface DoneScreenProps {
  readonly mobileId: StoredMobileId;
  /** Whether the browser promised to keep this page's storage. */
  readonly persistent: boolean;
  readonly onFinish: () => void;
}

export function DoneScreen({ mobileId, persistent, onFinish }: DoneScreenProps): ReactElement {
  return (
    <Stack gap="lg">
      <Group wrap="nowrap" gap="sm">
        <ThemeIcon size={40} radius="xl" style={{ flex: 'none' }}>
          <IconCheck size={24} stroke={2.2} aria-hidden="true" />
        </ThemeIcon>
        <PageTitle>Your mobile ID is ready</PageTitle>
      </Group>
      <MobileIdCard mobileId={mobileId} />
      <RegistrationLink mobileId={mobileId} />
      {!persistent && (
        <Text size="sm" c="dimmed">
          Your keys live in this browser. Add this page to the home screen, and do not clear its
          data: that would delete them.
        </Text>
      )}
      <Button size="lg" fullWidth variant="light" onClick={onFinish}>
        Done
      </Button>
    </Stack>
  );
}
