import { Alert, Loader } from '@mantine/core';
import type { ReactElement } from 'react';

/** Shown while the live connection is away; it goes by itself. */
export function ConnectionBanner(): ReactElement {
  return (
    <Alert
      variant="light"
      color="yellow"
      role="status"
      icon={<Loader size={18} color="yellow" aria-hidden="true" />}
      data-connection="RECONNECTING"
    >
      The connection was lost. Reconnecting…
    </Alert>
  );
}
