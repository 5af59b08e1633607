import { Skeleton, Stack, Text } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import { problemOf, type Failure } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { BackLink } from '../back-link.js';
import { Trouble } from '../step-up/trouble.js';
import type { Offer } from './documents.js';

interface OrderFrameProps {
  readonly title: string;
  /** What could not be done without an answer, e.g. "to order a mobile ID". */
  readonly purpose: string;
  readonly failure: Failure | undefined;
  readonly isLoading: boolean;
  readonly offer: Offer | undefined;
  readonly onRetry: () => void;
  /** What can be ordered, once it is known that it is on offer. */
  readonly children: (offer: Offer) => ReactNode;
}

/** What stands around an order, until and once the server has answered. */
export function OrderFrame(props: OrderFrameProps): ReactElement {
  const { title, purpose, failure, offer, onRetry } = props;
  return (
    <Stack gap="lg">
      <BackLink />
      <Stack gap={4}>
        <PageTitle>{title}</PageTitle>
        {offer && <Text c="dimmed">{offer.name}</Text>}
      </Stack>
      <Trouble problem={failure && problemOf(failure)} purpose={purpose} onRetry={onRetry} />
      {!failure && <Content {...props} />}
    </Stack>
  );
}

function Content({ isLoading, offer, children }: OrderFrameProps): ReactNode {
  if (isLoading) return <Skeleton h={360} radius="lg" />;
  if (!offer) return <Text>This programme is not offered to you (any more).</Text>;
  return children(offer);
}
