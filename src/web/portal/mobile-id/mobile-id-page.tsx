import { Group, Paper, Skeleton, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconDeviceMobile } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { formatDay } from '../../shared/dates.js';
import { problemOf } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { BackLink } from '../back-link.js';
import { MY_PROFILES_IN_DETAIL, type ProfileInDetail } from '../home/documents.js';
import { Trouble } from '../step-up/trouble.js';
import { useReloadOnReturn } from '../use-reload-on-return.js';
import { CertificatesSections } from './certificates-section.js';
import { deviceText } from './device-text.js';
import { standingText } from './mobile-id-text.js';
import { MovesSection } from './moves-section.js';
import { StateBadge } from './state-badge.js';

interface MobileIdPageProps {
  readonly profileId: string;
}

/** One of the viewer's mobile IDs: how it stands, what can be done about it, and its certificates. */
export function MobileIdPage({ profileId }: MobileIdPageProps): ReactElement {
  const [{ data, error }, reload] = useQuery({ query: MY_PROFILES_IN_DETAIL });
  useReloadOnReturn(reload);
  const profile = data?.myProfiles.find(({ id }) => id === profileId);
  return (
    <Stack gap="xl">
      <Stack gap="lg">
        <BackLink />
        <PageTitle>{profile?.name ?? 'Mobile ID'}</PageTitle>
        <Trouble
          problem={error && problemOf(error)}
          purpose="to see this mobile ID"
          onRetry={() => {
            reload();
          }}
        />
        {profile && <Standing profile={profile} />}
        {!error && !profile && <Nothing isLoading={!data} />}
      </Stack>
      {profile && (
        <>
          <MovesSection profile={profile} onChanged={reload} />
          <CertificatesSections certificates={profile.certificates} />
        </>
      )}
    </Stack>
  );
}

interface NothingProps {
  readonly isLoading: boolean;
}

function Nothing({ isLoading }: NothingProps): ReactElement {
  if (isLoading) return <Skeleton h={140} radius="lg" />;
  return <Text>There is no such mobile ID among yours.</Text>;
}

interface StandingProps {
  readonly profile: ProfileInDetail;
}

function Standing({ profile }: StandingProps): ReactElement {
  return (
    <Paper
      withBorder
      p="lg"
      radius="lg"
      shadow="xs"
      data-profile={profile.id}
      data-state={profile.state}
    >
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={44} radius="md" visibleFrom="xs">
          <IconDeviceMobile size={24} stroke={1.7} aria-hidden="true" />
        </ThemeIcon>
        <Stack gap="xs" style={{ flex: 1, minWidth: 0 }} align="flex-start">
          <StateBadge state={profile.state} />
          <Text role="status">{standingText(profile)}</Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {profile.accountName} at {profile.serverName}
          </Text>
          <Text size="sm" c="dimmed">
            On {deviceText(profile.device)}, valid {formatDay(profile.validFrom)} to{' '}
            {formatDay(profile.validTo)}
          </Text>
        </Stack>
      </Group>
    </Paper>
  );
}
