import { Badge, Group, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconDeviceMobile } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { CertificateCard } from '../../shared/certificate-card.js';
import { formatDay } from '../../shared/dates.js';
import type { Profile } from './documents.js';

interface ProfileCardProps {
  readonly profile: Profile;
}

const STATE: Readonly<
  Record<Profile['state'], { readonly text: string; readonly colour: string }>
> = {
  ACTIVE: { text: 'Active', colour: 'teal' },
  INACTIVE: { text: 'Not active', colour: 'yellow' },
  REVOKED: { text: 'Revoked', colour: 'red' },
  EXPIRED: { text: 'Expired', colour: 'gray' },
};

/** One mobile ID: the phone it is on, how it stands, and its certificates. */
export function ProfileCard({ profile }: ProfileCardProps): ReactElement {
  const state = STATE[profile.state];
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
              <Badge
                color={state.colour}
                variant="light"
                tt="none"
                size="lg"
                style={{ flex: 'none' }}
              >
                {state.text}
              </Badge>
            </Group>
            <Text c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {profile.accountName} at {profile.serverName}
            </Text>
            <Text size="sm" c="dimmed">
              On {profile.device.name} ({profile.device.platform}), valid{' '}
              {formatDay(profile.validFrom)} to {formatDay(profile.validTo)}
            </Text>
          </Stack>
        </Group>
        <SimpleGrid cols={{ base: 1, sm: profile.certificates.length > 1 ? 2 : 1 }} spacing="sm">
          {profile.certificates.map((certificate) => (
            <CertificateCard key={certificate.id} {...certificate} />
          ))}
        </SimpleGrid>
      </Stack>
    </Paper>
  );
}
