import { Box, Container, Group, Text } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import { ColourSchemeButton } from './colour-scheme-button.js';
import { Logo } from './logo.js';

interface PageFrameProps {
  /** At the right of the header, e.g. who is signed in. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** One calm column under a thin header. */
export function PageFrame({ aside, children }: PageFrameProps): ReactElement {
  return (
    <>
      <Box
        component="header"
        bg="var(--mantine-color-body)"
        style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}
      >
        <Container size={720} py="xs">
          <Group justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap" flex="none">
              <Logo size={30} />
              <Text fw={650} fz="lg" style={{ letterSpacing: '-0.01em' }}>
                Signet
              </Text>
            </Group>
            <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
              {aside}
              <ColourSchemeButton />
            </Group>
          </Group>
        </Container>
      </Box>
      <Container component="main" size={720} py={{ base: 'lg', sm: 40 }}>
        {children}
      </Container>
    </>
  );
}
