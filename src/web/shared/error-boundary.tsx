import { Button, Container, Stack, Text, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';

interface Props {
  readonly children: ReactNode;
}
interface State {
  readonly failed: boolean;
}

/** Shows a way on where a bug would leave an empty page. React offers this only as a class. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Container size="xs" py="xl" role="alert">
        <Stack align="flex-start">
          <Title order={1}>Something went wrong on this page</Title>
          <Text>Nothing you ordered is lost. Reload the page to go on where you were.</Text>
          <Button
            onClick={() => {
              location.reload();
            }}
          >
            Reload
          </Button>
        </Stack>
      </Container>
    );
  }
}
