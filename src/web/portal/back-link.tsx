import { Anchor } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import type { ReactElement } from 'react';

export function BackLink(): ReactElement {
  return (
    <Anchor href="#/" size="sm" style={{ alignSelf: 'flex-start' }}>
      <IconArrowLeft size={14} aria-hidden="true" style={{ verticalAlign: '-2px' }} /> Home
    </Anchor>
  );
}
