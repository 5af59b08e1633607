import { Center, Loader } from '@mantine/core';
import type { ReactElement } from 'react';

export function LoadingScreen(): ReactElement {
  return (
    <Center py={80}>
      <Loader aria-label="Loading" />
    </Center>
  );
}
