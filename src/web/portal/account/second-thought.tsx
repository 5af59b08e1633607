import { Button, Group, Text } from '@mantine/core';
import { useEffect, useRef, type ReactElement } from 'react';

interface SecondThoughtProps {
  readonly action: string;
  readonly warning: string | undefined;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** Asks once more, in the place of the button that was pressed. */
export function SecondThought({ action, warning, onYes, onNo }: SecondThoughtProps): ReactElement {
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    yes.current?.focus();
  }, []);
  return (
    <Group gap="xs">
      <Text size="sm" style={{ flex: '1 1 200px' }}>
        {warning}
      </Text>
      <Button ref={yes} variant="light" color="red" size="compact-sm" onClick={onYes}>
        Yes, {action.toLowerCase()}
      </Button>
      <Button variant="default" size="compact-sm" onClick={onNo}>
        Keep
      </Button>
    </Group>
  );
}
