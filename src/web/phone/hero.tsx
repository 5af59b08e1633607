import { Center, ThemeIcon } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactElement } from 'react';

interface HeroProps {
  readonly icon: Icon;
  readonly color?: string;
}

/** The one picture at the top of a screen. */
export function Hero({ icon: Picture, color = 'signet' }: HeroProps): ReactElement {
  return (
    <Center pt="sm">
      <ThemeIcon variant="light" color={color} size={88} radius="xl">
        <Picture size={46} stroke={1.4} aria-hidden="true" />
      </ThemeIcon>
    </Center>
  );
}
