import { Anchor, Group, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconDeviceMobile } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { CertificateCard } from '../../shared/certificate-card.js';
import { formatDay } from '../../shared/dates.js';
import { presentCertificates } from '../mobile-id/certificate-text.js';
import { deviceNoun, deviceText } from '../mobile-id/device-text.js';
import { movesOf } from '../mobile-id/mobile-id-moves.js';
import { standingText } from '../mobile-id/mobile-id-text.js';
import { StateBadge } from '../mobile-id/state-badge.js';
import { hashOf } from '../route.js';
import type { Profile } from './documents.js';

interface ProfileCardProps {
  readonly profile: Profile;
}

/** One mobile ID: the device it is on, how it stands, and its certificates. */
export function ProfileCard({ profile }: ProfileCardProps): ReactElement {
  const certificates = presentCertificates(profile);
  return (
    <Paper
      component="article"
      withBorder
      p="lg"
      radius="lg"
      shadow="xs"
      data-profile={profile.id}
      data-state={profile.state}
    >
      <Stack>
        <Group wrap="nowrap" align="flex-start">
          <ThemeIcon size={44} radius="md">
            <IconDeviceMobile size={24} stroke={1.7} aria-hidden="true" />
          </ThemeIcon>
          <Stack gap={2} style={{ flex: 1, minWidth: 0 }}>
            <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
              <Title order={3} style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
                {profile.name}
              </Title>
              <StateBadge state={profile.state} />
            </Group>
            <Text c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {profile.accountName} at {profile.serverName}
            </Text>
            <Text size="sm" c="dimmed">
              On {deviceText(profile.device)}, valid {formatDay(profile.validFrom)} to{' '}
              {formatDay(profile.validTo)}
            </Text>
            {profile.state !== 'ACTIVE' && <Text size="sm">{standingText(profile)}</Text>}
          </Stack>
        </Group>
        <SimpleGrid cols={{ base: 1, sm: certificates.length > 1 ? 2 : 1 }} spacing="sm">
          {certificates.map((certificate) => (
            <CertificateCard key={certificate.id} {...certificate} />
          ))}
        </SimpleGrid>
        <Anchor
          href={hashOf({ page: 'MOBILE_ID', profileId: profile.id })}
          size="sm"
          style={{ alignSelf: 'flex-start' }}
          aria-label={`${linkText(profile)}: ${profile.name} on ${profile.device.name}`}
        >
          {linkText(profile)}
        </Anchor>
      </Stack>
    </Paper>
  );
}

function linkText(profile: Profile): string {
  if (movesOf(profile).length === 0) return 'Details';
  const device = deviceNoun(profile.device) === 'phone' ? 'Phone' : 'Device';
  return `${device} lost, mislaid or new? Manage this mobile ID`;
}
