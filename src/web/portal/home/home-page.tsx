import { Skeleton, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { isOver } from '../mobile-id/mobile-id-moves.js';
import { OFFERS, type Offer } from '../order/documents.js';
import { useSession } from '../sign-in/session-context.js';
import { Trouble } from '../step-up/trouble.js';
import { TitledSection } from '../titled-section.js';
import { useReloadOnReturn } from '../use-reload-on-return.js';
import { MY_PROFILES, type Profile } from './documents.js';
import { EarlierProfiles } from './earlier-profiles.js';
import { OfferCard } from './offer-card.js';
import { ProfileCard } from './profile-card.js';

export function HomePage(): ReactElement {
  const { user } = useSession();
  const [offers, reloadOffers] = useQuery({ query: OFFERS });
  const [profiles, reloadProfiles] = useQuery({ query: MY_PROFILES });
  const reload = (): void => {
    reloadOffers();
    reloadProfiles();
  };
  useReloadOnReturn(reload);
  const failure = offers.error ?? profiles.error;
  const mine = profiles.data?.myProfiles;
  const earlier = mine?.filter(isOver) ?? [];

  return (
    <Stack gap="xl">
      <Stack gap={4}>
        <PageTitle>{`Hello, ${user.displayName}`}</PageTitle>
        <Text c="dimmed">A mobile ID puts your certificates on your own phone.</Text>
      </Stack>
      <Trouble
        problem={failure && problemOf(failure)}
        purpose="to see your mobile IDs"
        onRetry={reload}
      />
      {!failure && (
        <>
          <TitledSection name="offers" title="Get mobile ID">
            <Offers offers={offers.data?.mobileIdOffers} />
          </TitledSection>
          <TitledSection name="profiles" title="My mobile IDs">
            <Profiles
              profiles={mine?.filter((profile) => !isOver(profile))}
              hasEarlier={earlier.length > 0}
            />
          </TitledSection>
          <EarlierProfiles profiles={earlier} />
        </>
      )}
    </Stack>
  );
}

interface OffersProps {
  readonly offers: readonly Offer[] | undefined;
}

function Offers({ offers }: OffersProps): ReactElement | readonly ReactElement[] {
  if (!offers) return <Skeleton h={120} radius="lg" />;
  if (offers.length === 0) {
    return <Text c="dimmed">There is no programme that you can order a mobile ID from.</Text>;
  }
  return offers.map((offer) => <OfferCard key={offer.projectId} offer={offer} />);
}

interface ProfilesProps {
  readonly profiles: readonly Profile[] | undefined;
  readonly hasEarlier: boolean;
}

function Profiles({ profiles, hasEarlier }: ProfilesProps): ReactElement | readonly ReactElement[] {
  if (!profiles) return <Skeleton h={160} radius="lg" />;
  if (profiles.length === 0) {
    const text = hasEarlier ? 'You have no active mobile ID.' : 'You have none yet.';
    return <Text c="dimmed">{text}</Text>;
  }
  return profiles.map((profile) => <ProfileCard key={profile.id} profile={profile} />);
}
