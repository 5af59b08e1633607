import { Stack, Text } from '@mantine/core';
import { IconShieldX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';
import type { Obstacle } from './readiness.js';

const TEXT: Readonly<Record<Obstacle, { readonly title: string; readonly next: string }>> = {
  NOT_SECURE: {
    title: 'This connection is not secure',
    next: 'Keys can only be made over https. Open the link exactly as it stands in the code.',
  },
  NO_KEYS: {
    title: 'This browser cannot make keys',
    next: 'Open the link in an up-to-date browser, such as Safari, Chrome or Firefox.',
  },
  NO_STORAGE: {
    title: 'This browser does not keep keys',
    next: 'That is how private windows work. Open the link in an ordinary window.',
  },
};

interface ObstacleScreenProps {
  readonly obstacle: Obstacle;
}

export function ObstacleScreen({ obstacle }: ObstacleScreenProps): ReactElement {
  const { next, title } = TEXT[obstacle];
  return (
    <Stack gap="xl" data-obstacle={obstacle}>
      <Hero icon={IconShieldX} color="orange" />
      <Stack gap="xs" ta="center" role="alert">
        <PageTitle>{title}</PageTitle>
        <Text>{next}</Text>
        <Text c="dimmed">Your code has not been used.</Text>
      </Stack>
    </Stack>
  );
}
