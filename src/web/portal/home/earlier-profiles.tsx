import { Anchor, Group, Paper, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { standingText } from '../mobile-id/mobile-id-text.js';
import { StateBadge } from '../mobile-id/state-badge.js';
import { hashOf } from '../route.js';
import { TitledSection } from '../titled-section.js';
import type { Profile } from './documents.js';

interface EarlierProfilesProps {
  readonly profiles: readonly Profile[];
}

/** Those that are over, in a few words each: what counts is above them. */
export function EarlierProfiles({ profiles }: EarlierProfilesProps): ReactElement | null {
  if (profiles.length === 0) return null;
  return (
    <TitledSection name="earlier" title="Earlier mobile IDs">
      {profiles.map((profile) => (
        <Paper
          key={profile.id}
          component="article"
          withBorder
          p="md"
          radius="lg"
          data-profile={profile.id}
          data-state={profile.state}
        >
          <Group justify="space-between" gap="xs" align="flex-start" wrap="nowrap">
            <Stack gap={2} style={{ minWidth: 0 }}>
              <Anchor
                href={hashOf({ page: 'MOBILE_ID', profileId: profile.id })}
                fw={600}
                style={{ overflowWrap: 'anywhere' }}
              >
                {profile.name} on {profile.device.name}
              </Anchor>
              <Text size="sm" c="dimmed">
                {standingText(profile)}
              </Text>
            </Stack>
            <StateBadge state={profile.state} />
          </Group>
        </Paper>
      ))}
    </TitledSection>
  );
}
