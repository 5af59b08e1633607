import { Button } from '@mantine/core';
import type { ReactElement } from 'react';

interface NotMeButtonProps {
  readonly onCancel: () => void;
}

export function NotMeButton({ onCancel }: NotMeButtonProps): ReactElement {
  return (
    <Button variant="subtle" color="gray" size="md" fullWidth onClick={onCancel}>
      Not me, cancel
    </Button>
  );
}
