import { Anchor, Button, Code, Group, Paper, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { QrImage } from '../../shared/qr-image.js';
import { SixDigits } from '../../shared/six-digits.js';
import type { TotpEnrolment } from './documents.js';

interface TotpConfirmationProps {
  readonly enrolment: TotpEnrolment;
  readonly busy: boolean;
  readonly refusals: number;
  readonly onCode: (code: string) => void;
  readonly onCancel: () => void;
}

/** The secret for the app, shown this once, and the first code that shows it has arrived. */
export function TotpConfirmation({
  enrolment,
  busy,
  refusals,
  onCode,
  onCancel,
}: TotpConfirmationProps): ReactElement {
  const { qr, secret } = enrolment;
  return (
    <Paper withBorder p="md" radius="lg" data-totp-enrolment={enrolment.authenticator.id}>
      <Group align="flex-start" gap="lg">
        <Stack gap="xs" align="center" style={{ flex: '0 1 220px', marginInline: 'auto' }}>
          <QrImage svg={qr.svg} alt="QR code to scan with your authenticator app" size={220} />
          <Anchor href={qr.uri} size="sm">
            The app is on this device
          </Anchor>
        </Stack>
        <Stack gap="md" style={{ flex: '1 1 260px', minWidth: 0 }}>
          <Text size="sm">
            Scan the code with the app, or type this key into it. It is shown this once.
          </Text>
          <Code block data-totp-secret style={{ whiteSpace: 'normal' }}>
            {secret.replaceAll(/(.{4})(?=.)/gu, '$1 ')}
          </Code>
          <SixDigits
            label="Code that the app shows now"
            busy={busy}
            refusals={refusals}
            onComplete={onCode}
          />
          <Button
            variant="default"
            size="compact-sm"
            onClick={onCancel}
            style={{ alignSelf: 'flex-start' }}
          >
            Cancel
          </Button>
        </Stack>
      </Group>
    </Paper>
  );
}
