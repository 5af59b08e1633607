import { Button, List, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconDeviceMobile, IconEyeCheck, IconKey } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';

interface InvitedScreenProps {
  readonly busy: boolean;
  readonly onContinue: () => void;
}

/** Before the code is claimed: link previews and scanners load this page, but do not tap. */
export function InvitedScreen({ busy, onContinue }: InvitedScreenProps): ReactElement {
  return (
    <Stack gap="xl">
      <Hero icon={IconDeviceMobile} />
      <Stack gap="xs" ta="center">
        <PageTitle>Put your mobile ID on this phone</PageTitle>
        <Text c="dimmed">It takes a few seconds. Use the phone that you carry with you.</Text>
      </Stack>
      <List spacing="md" center={false} listStyleType="none" withPadding={false}>
        <Point icon={<IconEyeCheck size={18} stroke={1.7} aria-hidden="true" />}>
          First you see what will be made and for whom. You can still say no.
        </Point>
        <Point icon={<IconKey size={18} stroke={1.7} aria-hidden="true" />}>
          The keys that you sign in and sign with are made on this phone and never leave it.
        </Point>
      </List>
      <Button size="lg" fullWidth loading={busy} onClick={onContinue}>
        Continue
      </Button>
    </Stack>
  );
}

interface PointProps {
  readonly icon: ReactNode;
  readonly children: string;
}

function Point({ icon, children }: PointProps): ReactElement {
  return (
    <List.Item
      icon={
        <ThemeIcon variant="light" size={34} radius="md">
          {icon}
        </ThemeIcon>
      }
    >
      {children}
    </List.Item>
  );
}
