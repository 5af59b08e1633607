import { Badge } from '@mantine/core';
import type { ReactElement } from 'react';
import type { Profile } from '../home/documents.js';
import { STATE_BADGE } from './mobile-id-text.js';

interface StateBadgeProps {
  readonly state: Profile['state'];
}

export function StateBadge({ state }: StateBadgeProps): ReactElement {
  const { text, colour } = STATE_BADGE[state];
  return (
    <Badge color={colour} variant="light" tt="none" size="lg" style={{ flex: 'none' }}>
      {text}
    </Badge>
  );
}
