import { Button, Group, Text } from '@mantine/core';
import { IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useClient, type Client } from 'urql';
import { hashOf } from './route.js';
import { SIGN_IN_OPTIONS, SIGN_OUT, type PortalUser } from './sign-in/documents.js';
import { goTo } from './use-route.js';

interface UserMenuProps {
  readonly user: PortalUser;
  /** Where the viewer has signed in as well, and is signed out with here. */
  readonly identityProvider: string | null;
  readonly onSignedOut: () => void;
}

/** Who is signed in, the way to the account, and the way out. */
export function UserMenu({ user, identityProvider, onSignedOut }: UserMenuProps): ReactElement {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const signOut = async (): Promise<void> => {
    setBusy(true);
    if (identityProvider !== null && (await isThere(client, identityProvider))) {
      location.assign(`/saml/${encodeURIComponent(identityProvider)}/logout`);
      return;
    }
    const { error } = await client.mutation(SIGN_OUT, {}).toPromise();
    setBusy(false);
    if (error) return;
    goTo({ page: 'HOME' });
    onSignedOut();
  };
  return (
    <Group gap={4} wrap="nowrap" style={{ minWidth: 0 }}>
      <Button
        component="a"
        href={hashOf({ page: 'ACCOUNT' })}
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconUserCircle size={16} stroke={1.7} aria-hidden="true" />}
        title={`Signed in as ${user.displayName} (${user.username})`}
        aria-label={`Account of ${user.displayName}`}
        styles={{ root: { flexShrink: 1, minWidth: 34 }, section: { flex: 'none' } }}
      >
        <Text size="sm" visibleFrom="xs" truncate maw={240}>
          {user.displayName}
        </Text>
      </Button>
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

/** A provider that was switched off since has no sign-out page; then the session ends here alone. */
async function isThere(client: Client, name: string): Promise<boolean> {
  const { data } = await client.query(SIGN_IN_OPTIONS, {}).toPromise();
  return (data?.signInOptions ?? []).some(({ provider }) => provider === name);
}
