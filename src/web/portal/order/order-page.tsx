import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { OFFERS } from './documents.js';
import { OrderFlow } from './order-flow.js';
import { OrderFrame } from './order-frame.js';

interface OrderPageProps {
  readonly projectId: string;
}

export function OrderPage({ projectId }: OrderPageProps): ReactElement {
  const [{ data, error }, reload] = useQuery({ query: OFFERS });
  return (
    <OrderFrame
      title="Get mobile ID"
      purpose="to order a mobile ID"
      failure={error}
      isLoading={!data}
      offer={data?.mobileIdOffers.find((candidate) => candidate.projectId === projectId)}
      onRetry={reload}
    >
      {(offer) => <OrderFlow offer={offer} />}
    </OrderFrame>
  );
}
