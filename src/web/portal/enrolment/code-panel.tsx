import { Anchor, Button, Stack, Text } from '@mantine/core';
import { IconDeviceMobile, IconRefresh } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useMutation } from 'urql';
import { CountdownText, useSecondsUntil } from '../../shared/countdown-text.js';
import { problemOf } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { QrImage } from '../../shared/qr-image.js';
import { hashOf } from '../route.js';
import { RENEW_CODE, type Enrolment } from './documents.js';

interface CodePanelProps {
  readonly enrolment: Enrolment;
  readonly onChanged: () => Promise<void>;
}

/** The code where it is shown on this page; how long it still counts in any case. */
export function CodePanel({ enrolment, onChanged }: CodePanelProps): ReactElement | null {
  const { id, project, qr, codeExpiresAt } = enrolment;
  if (codeExpiresAt === null) return null;
  if (isCodeElsewhere(enrolment)) return <OrderAgain projectId={project.id} />;
  if (!qr && isUndelivered(enrolment)) return <Undelivered projectId={project.id} />;
  if (!qr) return <MailedCountdown codeExpiresAt={codeExpiresAt} />;
  return <QrPanel enrolmentId={id} qr={qr} codeExpiresAt={codeExpiresAt} onChanged={onChanged} />;
}

/** A code on the screen is shown to the session that ordered it, and to no other. */
export function isCodeElsewhere({ channel, qr, codeExpiresAt }: Enrolment): boolean {
  return channel === 'SCREEN' && codeExpiresAt !== null && !qr;
}

function isUndelivered({ delivery }: Enrolment): boolean {
  return delivery === 'BOUNCED' || delivery === 'FAILED';
}

/** It was sent, and came back. */
function Undelivered({ projectId }: { readonly projectId: string }): ReactElement {
  return (
    <Stack align="center">
      <Text role="alert" size="sm" c="red" maw={440} ta="center">
        Your code could not be delivered. Have your address put right, then order again.
      </Text>
      <OrderAgain projectId={projectId} />
    </Stack>
  );
}

function OrderAgain({ projectId }: { readonly projectId: string }): ReactElement {
  return (
    <Button component="a" href={hashOf({ page: 'ORDER', projectId })}>
      Order again
    </Button>
  );
}

interface QrPanelProps {
  readonly enrolmentId: string;
  readonly qr: { readonly svg: string; readonly uri: string };
  readonly codeExpiresAt: string;
  readonly onChanged: () => Promise<void>;
}

/** The code, large and on white whatever the colours are, and how long it can be scanned. */
function QrPanel({ enrolmentId, qr, codeExpiresAt, onChanged }: QrPanelProps): ReactElement {
  const seconds = useSecondsUntil(codeExpiresAt);
  const over = seconds === 0;
  return (
    <Stack align="center" gap="md" w="100%">
      <QrImage svg={qr.svg} alt="QR code to scan with your phone" faded={over} />
      {over ? (
        <RenewButton enrolmentId={enrolmentId} label="Show a new code" onChanged={onChanged} />
      ) : (
        <>
          <Text size="sm">
            Can be scanned for <CountdownText seconds={seconds} />
          </Text>
          <Anchor href={qr.uri} target="_blank" rel="noopener noreferrer" size="sm">
            <IconDeviceMobile size={15} aria-hidden="true" style={{ verticalAlign: '-3px' }} /> Open
            on this phone instead
          </Anchor>
        </>
      )}
    </Stack>
  );
}

function MailedCountdown({ codeExpiresAt }: { readonly codeExpiresAt: string }): ReactElement {
  return (
    <Text size="sm">
      Can be scanned for <CountdownText seconds={useSecondsUntil(codeExpiresAt)} />
    </Text>
  );
}

interface RenewButtonProps {
  readonly enrolmentId: string;
  readonly label: string;
  readonly onChanged: () => Promise<void>;
}

export function RenewButton({ enrolmentId, label, onChanged }: RenewButtonProps): ReactElement {
  const [{ fetching, error }, renew] = useMutation(RENEW_CODE);
  const showNew = async (): Promise<void> => {
    await renew({ id: enrolmentId });
    await onChanged();
  };
  return (
    <Stack align="center">
      <ProblemAlert problem={fetching || !error ? undefined : problemOf(error)} />
      <Button
        loading={fetching}
        leftSection={<IconRefresh size={18} stroke={1.7} aria-hidden="true" />}
        onClick={() => void showNew()}
      >
        {label}
      </Button>
    </Stack>
  );
}
