import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactElement } from 'react';
import { isFinal, type EnrolmentStatus } from '../../shared/enrolment-timeline.js';
import { useSession } from '../sign-in/session-context.js';
import { CancelButton } from './cancel-button.js';
import { CodePanel, isCodeElsewhere, RenewButton } from './code-panel.js';
import { ConfirmDeviceForm } from './confirm-device-form.js';
import type { Enrolment } from './documents.js';
import { statusText } from './enrolment-text.js';
import { StatusIcon } from './status-icon.js';

interface EnrolmentStatusCardProps {
  readonly enrolment: Enrolment;
  readonly status: EnrolmentStatus;
  readonly onChanged: () => Promise<void>;
}

/** Where the enrolment stands, said aloud when it changes, and what can be done about it now. */
export function EnrolmentStatusCard(props: EnrolmentStatusCardProps): ReactElement {
  const { enrolment, status } = props;
  const { user } = useSession();
  const { title, sentence } = statusText(status, {
    channel: enrolment.channel,
    address: user.email,
    device: enrolment.device?.name ?? null,
    failureCode: enrolment.failure?.code ?? null,
    codeIsElsewhere: isCodeElsewhere(enrolment),
  });
  return (
    <Paper withBorder p="lg" radius="lg" shadow="xs" data-status={status}>
      <Stack align="center" gap="lg">
        <Stack align="center" gap={6} role="status" aria-live="polite" ta="center">
          <StatusIcon status={status} />
          <Title order={2}>{title}</Title>
          <Text c="dimmed" maw={480} style={{ textWrap: 'balance' }}>
            {sentence}
          </Text>
        </Stack>
        <NextAction {...props} />
      </Stack>
    </Paper>
  );
}

function NextAction(props: EnrolmentStatusCardProps): ReactElement | null {
  if (isFinal(props.status)) return null;
  const { enrolment, status, onChanged } = props;
  return (
    <>
      <Step {...props} />
      <CancelButton
        enrolmentId={enrolment.id}
        label={BEFORE_SCAN.has(status) ? 'Cancel order' : 'Not my phone'}
        onChanged={onChanged}
      />
    </>
  );
}

const BEFORE_SCAN: ReadonlySet<EnrolmentStatus> = new Set([
  'DELIVERING',
  'WAITING_FOR_SCAN',
  'CODE_EXPIRED',
]);

function Step({ enrolment, status, onChanged }: EnrolmentStatusCardProps): ReactElement | null {
  if (status === 'WAITING_FOR_SCAN') {
    return <CodePanel enrolment={enrolment} onChanged={onChanged} />;
  }
  if (status === 'AWAITING_CONFIRMATION') {
    return <ConfirmDeviceForm enrolmentId={enrolment.id} onChanged={onChanged} />;
  }
  if (status !== 'CODE_EXPIRED') return null;
  return (
    <RenewButton
      enrolmentId={enrolment.id}
      label={enrolment.channel === 'SCREEN' ? 'Show a new code' : 'Send a new code'}
      onChanged={onChanged}
    />
  );
}
