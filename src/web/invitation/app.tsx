import { Anchor, Center, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useState, type ReactElement } from 'react';
import { PageFrame } from '../shared/page-frame.js';
import { PageTitle } from '../shared/page-title.js';
import { QrImage } from '../shared/qr-image.js';
import type { Invitation } from './invitation.js';

interface AppProps {
  readonly read: () => Promise<Invitation>;
}

/** The QR code for whoever has opened the link on a computer. */
export function App({ read }: AppProps): ReactElement {
  const [invitation, setInvitation] = useState<Invitation>();
  useEffect(() => {
    void read().then(setInvitation);
  }, [read]);
  return (
    <PageFrame>
      <Stack align="center" gap="lg" ta="center" data-screen={invitation?.name ?? 'LOADING'}>
        {invitation === undefined ? <Waiting /> : <Shown invitation={invitation} />}
      </Stack>
    </PageFrame>
  );
}

function Waiting(): ReactElement {
  return (
    <Center py={80}>
      <Loader aria-label="Loading" />
    </Center>
  );
}

function Shown({ invitation }: { readonly invitation: Invitation }): ReactElement {
  if (invitation.name === 'PROBLEM') {
    const { title, next, code } = invitation.advice;
    return (
      <Stack gap="xs" role="alert" data-problem={code}>
        <PageTitle>{title}</PageTitle>
        <Text>{next}</Text>
      </Stack>
    );
  }
  return (
    <>
      <PageTitle>Scan this code with your phone</PageTitle>
      <QrImage svg={invitation.svg} alt="QR code to scan with your phone" />
      <Text maw={440}>
        Open the camera of the phone that you carry with you and point it at the code. Whoever scans
        it first gets the mobile ID: show it to nobody else.
      </Text>
      <Anchor href={invitation.phonePage} size="sm">
        Put the mobile ID on this device instead
      </Anchor>
    </>
  );
}
