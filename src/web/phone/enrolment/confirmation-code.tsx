import { Loader, Group, Paper, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';

interface ConfirmationCodeProps {
  /** Six digits; null where somebody confirms the phone without them. */
  readonly code: string | null;
}

/** Shown large: it is read from here and typed there. */
export function ConfirmationCode({ code }: ConfirmationCodeProps): ReactElement {
  return (
    <Paper withBorder radius="lg" p="lg" shadow="xs">
      <Stack align="center" gap="sm">
        {code !== null && (
          <>
            <Text ta="center">
              Enter this code on the page where you scanned, or read it out to the operator.
            </Text>
            <Text
              component="output"
              ff="monospace"
              fw={700}
              fz={46}
              lh={1.1}
              c="var(--mantine-primary-color-light-color)"
              aria-label={`Confirmation code ${code.replaceAll(/(?<=.)(?=.)/g, ' ')}`}
              data-confirmation-code={code}
              style={{ whiteSpace: 'nowrap' }}
            >
              {code.slice(0, 3)}&#8239;{code.slice(3)}
            </Text>
          </>
        )}
        <Group gap="xs" wrap="nowrap">
          <Loader size="xs" aria-hidden="true" />
          <Text size="sm" c="dimmed" role="status">
            Waiting for the confirmation
          </Text>
        </Group>
      </Stack>
    </Paper>
  );
}
