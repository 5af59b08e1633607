import { Skeleton, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { BackLink } from '../back-link.js';
import { Trouble } from '../step-up/trouble.js';
import { OFFERS, type Offer } from './documents.js';
import { OrderFlow } from './order-flow.js';

interface OrderPageProps {
  readonly projectId: string;
}

export function OrderPage({ projectId }: OrderPageProps): ReactElement {
  const [{ data, error }, reload] = useQuery({ query: OFFERS });
  const offer = data?.mobileIdOffers.find((candidate) => candidate.projectId === projectId);
  return (
    <Stack gap="lg">
      <BackLink />
      <Stack gap={4}>
        <PageTitle>Get mobile ID</PageTitle>
        {offer && <Text c="dimmed">{offer.name}</Text>}
      </Stack>
      <Trouble
        problem={error && problemOf(error)}
        purpose="to order a mobile ID"
        onRetry={() => {
          reload();
        }}
      />
      {!error && <Order loading={!data} offer={offer} />}
    </Stack>
  );
}

interface OrderProps {
  readonly loading: boolean;
  readonly offer: Offer | undefined;
}

function Order({ loading, offer }: OrderProps): ReactElement {
  if (loading) return <Skeleton h={360} radius="lg" />;
  if (!offer) return <Text>This programme is not offered to you (any more).</Text>;
  return <OrderFlow offer={offer} />;
}
