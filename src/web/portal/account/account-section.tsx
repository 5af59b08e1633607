import { Stack, Text, Title } from '@mantine/core';
import { useEffect, useId, useRef, type ReactElement, type ReactNode } from 'react';

interface AccountSectionProps {
  readonly title: string;
  readonly description: string;
  /** For tests and styles: which section this is. */
  readonly name: string;
  /** What was done here last; the focus comes to the heading, as what was pressed has often gone. */
  readonly done: string | undefined;
  readonly children: ReactNode;
}

/** One part of the account page, under a heading of its own. */
export function AccountSection({
  title,
  description,
  name,
  done,
  children,
}: AccountSectionProps): ReactElement {
  const titleId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (done !== undefined) heading.current?.focus({ preventScroll: true });
  }, [done]);
  return (
    <Stack component="section" aria-labelledby={titleId} gap="sm" data-section={name}>
      <Stack gap={2}>
        <Title order={2} id={titleId} ref={heading} tabIndex={-1} style={{ outline: 'none' }}>
          {title}
        </Title>
        <Text c="dimmed" size="sm">
          {description}
        </Text>
      </Stack>
      {children}
    </Stack>
  );
}
