import { Button, Group, Text } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useClient } from 'urql';
import { SIGN_OUT, type PortalUser } from './documents.js';
import { goTo } from './use-route.js';

interface UserMenuProps {
  readonly user: PortalUser;
  readonly onSignedOut: () => void;
}

/** Who is signed in, and the way out. */
export function UserMenu({ user, onSignedOut }: UserMenuProps): ReactElement {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const signOut = async (): Promise<void> => {
    setBusy(true);
    const { error } = await client.mutation(SIGN_OUT, {}).toPromise();
    setBusy(false);
    if (error) return;
    goTo({ page: 'HOME' });
    onSignedOut();
  };
  return (
    <Group gap={4} wrap="nowrap" style={{ minWidth: 0 }}>
      <Text
        size="sm"
        c="dimmed"
        visibleFrom="xs"
        truncate
        maw={260}
        title={`Signed in as ${user.displayName} (${user.username})`}
      >
        {user.displayName}
      </Text>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        flex="none"
        loading={busy}
        leftSection={<IconLogout size={16} stroke={1.7} aria-hidden="true" />}
        onClick={() => void signOut()}
      >
        Sign out
      </Button>
    </Group>
  );
}
