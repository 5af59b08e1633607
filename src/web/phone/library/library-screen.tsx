import { Anchor, List, Stack, Text } from '@mantine/core';
import { IconDeviceMobile } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore, type ReactElement } from 'react';
import type { StoredMobileId } from '../../../phone/keys/key-store.js';
import { PageTitle } from '../../shared/page-title.js';
import { Hero } from '../hero.js';
import { MessageReader } from './message-reader.js';
import { MobileIdCard } from './mobile-id-card.js';
import { RegistrationLink } from './registration-link.js';
import { RenewalNotice } from './renewal-notice.js';
import type { RenewalSession } from './renewal-session.js';

interface LibraryScreenProps {
  readonly mobileIds: readonly StoredMobileId[];
  readonly renewal: RenewalSession;
}

export function LibraryScreen({ mobileIds, renewal }: LibraryScreenProps): ReactElement {
  const renewals = useSyncExternalStore(renewal.subscribe, renewal.current);
  useEffect(() => {
    void renewal.look(presentOf(mobileIds));
  }, [renewal, mobileIds]);
  if (mobileIds.length === 0) return <EmptyLibrary />;
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <PageTitle>Mobile IDs on this phone</PageTitle>
        <Text c="dimmed">As they were issued. Scan another code to add one.</Text>
      </Stack>
      {presentOf(mobileIds).map((mobileId) => {
        const { id } = mobileId.profile;
        const state = renewals.get(id);
        return (
          <Stack key={id} gap="sm">
            <MobileIdCard mobileId={mobileId} />
            <RegistrationLink mobileId={mobileId} />
            {state && <RenewalNotice state={state} onRenew={() => void renewal.renew(id)} />}
          </Stack>
        );
      })}
      {mobileIds.some(canRead) && <MessageReader mobileIds={mobileIds} />}
    </Stack>
  );
}

/** What was replaced is kept for what was encrypted for it, and is nothing to show. */
function presentOf(mobileIds: readonly StoredMobileId[]): readonly StoredMobileId[] {
  return mobileIds.filter(({ replacedBy }) => replacedBy === undefined);
}

function canRead({ keys }: StoredMobileId): boolean {
  return keys.some(({ kind }) => kind === 'ENCRYPTION');
}

function EmptyLibrary(): ReactElement {
  return (
    <Stack gap="xl">
      <Hero icon={IconDeviceMobile} />
      <Stack gap="xs" ta="center">
        <PageTitle>No mobile ID on this phone yet</PageTitle>
        <Text c="dimmed">Here is how you get one.</Text>
      </Stack>
      <List type="ordered" spacing="sm">
        <List.Item>
          On your computer, sign in at{' '}
          <Anchor href="/" underline="always">
            {location.host}
          </Anchor>
          .
        </List.Item>
        <List.Item>Choose “Get mobile ID”. A QR code appears.</List.Item>
        <List.Item>Point this phone’s camera at it and open the link.</List.Item>
      </List>
    </Stack>
  );
}
