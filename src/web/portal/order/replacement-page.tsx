import { Anchor, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { MY_PROFILES, type Profile } from '../home/documents.js';
import { movesOf } from '../mobile-id/mobile-id-moves.js';
import { hashOf } from '../route.js';
import { OFFERS, type Offer } from './documents.js';
import { OrderFlow } from './order-flow.js';
import { OrderFrame } from './order-frame.js';
import { ReplacedNote } from './replaced-note.js';

interface ReplacementPageProps {
  readonly projectId: string;
  readonly replacesProfileId: string;
}

/** The order of a mobile ID that takes the place of another one. */
export function ReplacementPage({
  projectId,
  replacesProfileId,
}: ReplacementPageProps): ReactElement {
  const [offers, reloadOffers] = useQuery({ query: OFFERS });
  const [profiles, reloadProfiles] = useQuery({ query: MY_PROFILES });
  return (
    <OrderFrame
      title="Replace mobile ID"
      purpose="to replace a mobile ID"
      failure={offers.error ?? profiles.error}
      isLoading={!offers.data || !profiles.data}
      offer={offers.data?.mobileIdOffers.find((candidate) => candidate.projectId === projectId)}
      onRetry={() => {
        reloadOffers();
        reloadProfiles();
      }}
    >
      {(offer) => (
        <Replacement
          offer={offer}
          replaced={profiles.data?.myProfiles.find(({ id }) => id === replacesProfileId)}
        />
      )}
    </OrderFrame>
  );
}

interface ReplacementProps {
  readonly offer: Offer;
  readonly replaced: Profile | undefined;
}

function Replacement({ offer, replaced }: ReplacementProps): ReactElement {
  if (replaced?.project.id !== offer.projectId || !movesOf(replaced).includes('REPLACE')) {
    return (
      <Text>
        There is nothing to replace: that mobile ID is over, or is not yours.{' '}
        <Anchor href={hashOf({ page: 'ORDER', projectId: offer.projectId })}>
          Order a new one instead
        </Anchor>
        .
      </Text>
    );
  }
  return (
    <>
      <ReplacedNote profile={replaced} />
      <OrderFlow offer={offer} replaced={replaced} />
    </>
  );
}
