import { Badge, Button, Group, Paper, Stack, Text, ThemeIcon } from '@mantine/core';
import { useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { SecondThought } from './second-thought.js';

interface CredentialCardProps {
  readonly icon: ReactNode;
  readonly name: string;
  readonly badge?: string | undefined;
  readonly details: readonly string[];
  /** What the button does, e.g. "Remove"; none where it cannot be taken away here. */
  readonly action?: string;
  /** What happens then, for who hesitates. */
  readonly warning?: string;
  readonly busy?: boolean;
  readonly onAction?: () => void;
}

/** One thing of the account that can be taken away, after a second thought. */
export function CredentialCard({
  icon,
  name,
  badge,
  details,
  action,
  warning,
  busy = false,
  onAction,
}: CredentialCardProps): ReactElement {
  const [asking, setAsking] = useState<boolean>();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking === false) button.current?.focus();
  }, [asking]);
  return (
    <Paper withBorder p="md" radius="lg" data-credential={name}>
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={36} radius="md" variant="light">
          {icon}
        </ThemeIcon>
        <Stack gap="xs" style={{ flex: 1, minWidth: 0 }}>
          <Group justify="space-between" gap="xs" align="flex-start">
            <Stack gap={2} style={{ minWidth: 0, flex: '1 1 200px' }}>
              <Group gap="xs">
                <Text fw={600}>{name}</Text>
                {badge !== undefined && (
                  <Badge variant="light" tt="none">
                    {badge}
                  </Badge>
                )}
              </Group>
              {details.map((detail) => (
                <Text key={detail} size="sm" c="dimmed">
                  {detail}
                </Text>
              ))}
            </Stack>
            {action !== undefined && asking !== true && (
              <Button
                ref={button}
                variant="default"
                size="compact-sm"
                loading={busy}
                aria-label={`${action} ${name}`}
                onClick={() => {
                  setAsking(true);
                }}
              >
                {action}
              </Button>
            )}
          </Group>
          {asking === true && action !== undefined && (
            <SecondThought
              action={action}
              warning={warning}
              onYes={() => {
                setAsking(false);
                onAction?.();
              }}
              onNo={() => {
                setAsking(false);
              }}
            />
          )}
        </Stack>
      </Group>
    </Paper>
  );
}
