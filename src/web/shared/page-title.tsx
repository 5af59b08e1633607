import { Title } from '@mantine/core';
import { useEffect, useRef, type ReactElement } from 'react';

interface PageTitleProps {
  readonly children: string;
}

/** The heading of a page; takes the focus when the page comes, so that keyboard and screen reader start there. */
export function PageTitle({ children }: PageTitleProps): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · Signet`;
  }, [children]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Title order={1} ref={heading} tabIndex={-1} style={{ outline: 'none', textWrap: 'balance' }}>
      {children}
    </Title>
  );
}
