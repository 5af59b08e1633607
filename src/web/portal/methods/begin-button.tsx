import { Button } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

interface BeginButtonProps {
  readonly icon: ReactNode;
  readonly children: ReactNode;
  /** The only way on offer. */
  readonly alone: boolean;
  readonly loading?: boolean;
  readonly onClick: () => void;
}

/** Chooses one way to prove who one is. */
export function BeginButton({
  icon,
  children,
  alone,
  loading = false,
  onClick,
}: BeginButtonProps): ReactElement {
  return (
    <Button
      variant={alone ? 'filled' : 'default'}
      fullWidth={!alone}
      leftSection={icon}
      loading={loading}
      onClick={onClick}
      style={alone ? { alignSelf: 'flex-start' } : undefined}
    >
      {children}
    </Button>
  );
}
