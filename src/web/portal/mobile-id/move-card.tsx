import { Button, Group, Paper, Stack, Text, ThemeIcon } from '@mantine/core';
import { useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react';

interface MoveCardProps {
  readonly name: string;
  readonly icon: ReactNode;
  /** The holder's situation, in his words. */
  readonly title: string;
  readonly description: string;
  readonly action: string;
  readonly busy?: boolean;
  /** Where the action leads; without it, it happens here. */
  readonly href?: string;
  readonly onAction?: () => void;
  /** Asks once more, in the place of the button; `close` brings that back. */
  readonly thought?: (close: () => void) => ReactElement;
}

/** One thing that can be done about a mobile ID. */
export function MoveCard(props: MoveCardProps): ReactElement {
  const { name, icon, title, description, action, thought } = props;
  const [asking, setAsking] = useState<boolean>();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking === false) button.current?.focus();
  }, [asking]);
  return (
    <Paper withBorder p="md" radius="lg" data-move={name}>
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={36} radius="md" variant="light">
          {icon}
        </ThemeIcon>
        <Stack gap="sm" style={{ flex: 1, minWidth: 0 }}>
          <Group justify="space-between" gap="xs" align="flex-start">
            <Stack gap={2} style={{ minWidth: 0, flex: '1 1 220px' }}>
              <Text fw={600}>{title}</Text>
              <Text size="sm" c="dimmed">
                {description}
              </Text>
            </Stack>
            {asking !== true && props.href !== undefined && (
              <Button component="a" href={props.href} variant="default" size="compact-sm">
                {action}
              </Button>
            )}
            {asking !== true && props.href === undefined && (
              <Button
                ref={button}
                variant="default"
                size="compact-sm"
                loading={props.busy ?? false}
                onClick={() => {
                  if (thought) setAsking(true);
                  else props.onAction?.();
                }}
              >
                {action}
              </Button>
            )}
          </Group>
          {asking === true &&
            thought?.(() => {
              setAsking(false);
            })}
        </Stack>
      </Group>
    </Paper>
  );
}
