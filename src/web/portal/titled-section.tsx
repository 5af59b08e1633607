import { Stack, Title } from '@mantine/core';
import { useId, type ReactElement, type ReactNode } from 'react';

interface TitledSectionProps {
  readonly name: string;
  readonly title: string;
  readonly children: ReactNode;
}

/** A part of a page under a heading of its own. */
export function TitledSection({ name, title, children }: TitledSectionProps): ReactElement {
  const titleId = useId();
  return (
    <Stack component="section" aria-labelledby={titleId} gap="sm" data-section={name}>
      <Title order={2} id={titleId}>
        {title}
      </Title>
      {children}
    </Stack>
  );
}
