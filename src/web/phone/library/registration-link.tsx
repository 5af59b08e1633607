import { Button, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { StoredMobileId } from '../../../phone/keys/key-store.js';

interface RegistrationLinkProps {
  readonly mobileId: StoredMobileId;
}

/** Where the ID that this phone was assigned is registered; nothing for a mobile ID without such a place. */
export function RegistrationLink({ mobileId }: RegistrationLinkProps): ReactElement | null {
  const { assignedId, registrationUrl } = mobileId.profile;
  const site = siteOf(registrationUrl ?? '');
  if (!assignedId || site === undefined) return null;
  return (
    <Stack gap="xs" data-registration={assignedId.value}>
      <Text>
        Register the ID <strong>{assignedId.value}</strong> at {site.host}, so that it is known to
        be yours. Do not pass this link on: it shows that the ID is on your phone.
      </Text>
      <Button
        component="a"
        href={site.href}
        rel="noreferrer"
        size="lg"
        fullWidth
        leftSection={<IconExternalLink size={20} aria-hidden="true" />}
      >
        Register this ID
      </Button>
    </Stack>
  );
}

/** Undefined for what is no web page: a link on a phone must not run anything. */
function siteOf(url: string): URL | undefined {
  if (!URL.canParse(url)) return undefined;
  const site = new URL(url);
  return site.protocol === 'https:' || site.protocol === 'http:' ? site : undefined;
}
