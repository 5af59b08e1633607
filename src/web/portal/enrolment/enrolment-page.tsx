import { Button, Grid, Group, Paper, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { ConnectionBanner } from '../../shared/connection-banner.js';
import { isFinal, type Timeline } from '../../shared/enrolment-timeline.js';
import { PageTitle } from '../../shared/page-title.js';
import { BackLink } from '../back-link.js';
import { ProfileCard } from '../home/profile-card.js';
import { isOver } from '../mobile-id/mobile-id-moves.js';
import { hashOf, type Route } from '../route.js';
import { Trouble } from '../step-up/trouble.js';
import type { Enrolment } from './documents.js';
import { EnrolmentStatusCard } from './enrolment-status-card.js';
import { ReplacementNote } from './replacement-note.js';
import { StatusTimeline } from './status-timeline.js';
import { currentStatus, useEnrolment } from './use-enrolment.js';

interface EnrolmentPageProps {
  readonly enrolmentId: string;
}

export function EnrolmentPage({ enrolmentId }: EnrolmentPageProps): ReactElement {
  const { enrolment, timeline, connection, problem, reload } = useEnrolment(enrolmentId);
  const trouble = enrolment === null ? { code: 'NOT_FOUND', facts: {} } : problem;
  return (
    <Stack gap="lg">
      <BackLink />
      <Stack gap={4}>
        <PageTitle>Your mobile ID</PageTitle>
        {enrolment && <Text c="dimmed">{enrolment.project.name}</Text>}
      </Stack>
      {connection === 'RECONNECTING' && <ConnectionBanner />}
      <Trouble problem={trouble} purpose="to see this order" onRetry={reload} />
      {enrolment && <Progress enrolment={enrolment} timeline={timeline} onChanged={reload} />}
      {enrolment === undefined && !problem && <Skeleton h={420} radius="lg" />}
    </Stack>
  );
}

interface ProgressProps {
  readonly enrolment: Enrolment;
  readonly timeline: Timeline;
  readonly onChanged: () => Promise<void>;
}

function Progress({ enrolment, timeline, onChanged }: ProgressProps): ReactElement {
  const status = currentStatus(enrolment, timeline);
  const over = isFinal(status);
  return (
    <>
      <Grid>
        <Grid.Col span={{ base: 12, sm: over ? 12 : 8 }}>
          <EnrolmentStatusCard enrolment={enrolment} status={status} onChanged={onChanged} />
        </Grid.Col>
        {!over && (
          <Grid.Col span={{ base: 12, sm: 4 }}>
            <Paper withBorder p="lg" radius="lg" shadow="xs">
              <StatusTimeline timeline={timeline} />
            </Paper>
          </Grid.Col>
        )}
      </Grid>
      <ReplacementNote status={status} replaces={enrolment.replaces} />
      {status === 'ACTIVE' && enrolment.profile && <ProfileCard profile={enrolment.profile} />}
      {over && <Ending active={status === 'ACTIVE'} again={orderAgain(enrolment)} />}
    </>
  );
}

interface EndingProps {
  readonly active: boolean;
  /** Where the same can be ordered once more. */
  readonly again: Route;
}

function orderAgain({ project, replaces }: Enrolment): Route {
  return replaces && !isOver(replaces)
    ? { page: 'REPLACEMENT', projectId: project.id, replacesProfileId: replaces.id }
    : { page: 'ORDER', projectId: project.id };
}

function Ending({ active, again }: EndingProps): ReactElement {
  return (
    <Group>
      <Button component="a" href="#/" variant={active ? 'filled' : 'default'}>
        Back to my mobile IDs
      </Button>
      {!active && (
        <Button component="a" href={hashOf(again)}>
          Order again
        </Button>
      )}
    </Group>
  );
}
