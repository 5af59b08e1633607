import { Alert, Anchor, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { Profile } from '../home/documents.js';
import { deviceNoun } from '../mobile-id/device-text.js';
import { hashOf } from '../route.js';

interface ReplacedNoteProps {
  readonly profile: Profile;
}

/** What becomes of the mobile ID that is replaced, and what to do until then. */
export function ReplacedNote({ profile }: ReplacedNoteProps): ReactElement {
  return (
    <Alert
      variant="light"
      role="note"
      icon={<IconInfoCircle aria-hidden="true" />}
      data-replaces={profile.id}
    >
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        The new mobile ID takes the place of {profile.name} on {profile.device.name}, which is
        revoked at the moment the new one becomes active.{' '}
        {profile.state === 'INACTIVE' ? (
          'Until then it stays suspended.'
        ) : (
          <>
            Until then it goes on working. If somebody else may have the{' '}
            {deviceNoun(profile.device)},{' '}
            <Anchor
              href={hashOf({ page: 'MOBILE_ID', profileId: profile.id })}
              size="sm"
              c="inherit"
              underline="always"
            >
              suspend it first
            </Anchor>
            .
          </>
        )}
      </Text>
    </Alert>
  );
}
