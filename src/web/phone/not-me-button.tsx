import { Button } from '@mantine/core';
import type { ReactElement } from 'react';

interface NotMeButtonProps {
  readonly label?: string;
  readonly onCancel: () => void;
}

export function NotMeButton({
  label = 'Not me, cancel',
  onCancel,
}: NotMeButtonProps): ReactElement {
  return (
    <Button variant="subtle" color="gray" size="md" fullWidth onClick={onCancel}>
      {label}
    </Button>
  );
}
