import { Button } from '@mantine/core';
import { IconBuilding } from '@tabler/icons-react';
import type { ReactElement } from 'react';

interface RedirectMethodProps {
  readonly label: string;
  readonly url: string;
}

/** A proof that is given elsewhere, such as at a company's own sign-in; the browser comes back to this page. */
export function RedirectMethod({ label, url }: RedirectMethodProps): ReactElement {
  return (
    <Button
      component="a"
      href={url}
      variant="default"
      fullWidth
      leftSection={<IconBuilding size={18} stroke={1.7} aria-hidden="true" />}
    >
      {label}
    </Button>
  );
}
