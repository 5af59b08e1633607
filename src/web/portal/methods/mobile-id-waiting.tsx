import { Anchor, Button, Group, List, Loader, Stack, Text } from '@mantine/core';
import { IconDeviceMobile } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { ConnectionBanner } from '../../shared/connection-banner.js';
import { CountdownText, useSecondsUntil } from '../../shared/countdown-text.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { QrImage } from '../../shared/qr-image.js';
import type { MobileIdProof } from './documents.js';
import { phaseOf, phaseText } from './mobile-id-phase.js';
import { useMobileIdProof } from './use-mobile-id-proof.js';

interface MobileIdWaitingProps {
  readonly proof: MobileIdProof;
  /** The phone has signed, but the server did not take it. */
  readonly refused: boolean;
  readonly starting: boolean;
  readonly onAnswered: () => Promise<void>;
  readonly onAgain: () => void;
}

/** The code, the number to type into the phone, and what the phone is doing. */
export function MobileIdWaiting({
  proof,
  refused,
  starting,
  onAnswered,
  onAgain,
}: MobileIdWaitingProps): ReactElement {
  const { state, deviceName, connection, problem } = useMobileIdProof(proof, onAnswered);
  const seconds = useSecondsUntil(proof.expiresAt);
  const isRefused = refused || problem !== undefined;
  const phase = phaseOf({ state, secondsLeft: seconds, refused: isRefused });
  const text = phaseText(phase, deviceName ?? 'your phone');
  const goesOn = phase === 'WAITING' || phase === 'SIGNED';
  return (
    <Stack data-proof={phase}>
      {connection === 'RECONNECTING' && goesOn && <ConnectionBanner />}
      <ProblemAlert problem={problem} />
      {phase === 'WAITING' && <Instructions proof={proof} seconds={seconds} />}
      <Group gap="xs" role="status">
        {goesOn && <Loader size={16} aria-hidden="true" />}
        <Text size="sm">{text}</Text>
      </Group>
      {!goesOn && (
        <Button variant="default" loading={starting} onClick={onAgain}>
          Show a new code
        </Button>
      )}
    </Stack>
  );
}

interface InstructionsProps {
  readonly proof: MobileIdProof;
  readonly seconds: number;
}

function Instructions({ proof, seconds }: InstructionsProps): ReactElement {
  return (
    <Group align="flex-start" gap="lg">
      <Stack gap="xs" align="center" style={{ flex: '0 1 220px', marginInline: 'auto' }}>
        <QrImage
          svg={proof.qr.svg}
          alt="QR code to scan with the phone that holds your mobile ID"
          size={220}
        />
        <Anchor href={proof.qr.uri} target="_blank" rel="noopener noreferrer" size="sm">
          <IconDeviceMobile size={15} aria-hidden="true" style={{ verticalAlign: '-3px' }} /> It is
          on this phone
        </Anchor>
      </Stack>
      <Stack gap="sm" style={{ flex: '1 1 220px' }}>
        <List type="ordered" size="sm" spacing="xs">
          <List.Item>Scan the code with the phone that holds your mobile ID.</List.Item>
          <List.Item>Look who is asked for, and type this number into the phone.</List.Item>
          <List.Item>The phone signs, and this page goes on by itself.</List.Item>
        </List>
        <Stack gap={0}>
          <Text size="sm" c="dimmed">
            Number to type into the phone
          </Text>
          <Text
            fz={44}
            fw={700}
            lh={1.15}
            style={{ fontVariantNumeric: 'tabular-nums', letterSpacing: '0.08em' }}
            data-proof-number
          >
            {proof.number}
          </Text>
        </Stack>
        <Text size="sm" c="dimmed">
          Good for <CountdownText seconds={seconds} />
        </Text>
      </Stack>
    </Group>
  );
}
