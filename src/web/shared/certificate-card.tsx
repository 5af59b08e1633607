import { Badge, Group, Paper, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconFingerprint, IconLock, IconSignature } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import {
  CERTIFICATE_STATUS_TEXT,
  groupSerial,
  KIND_TEXT,
  type CertificateKind,
  type CertificateStatus,
} from './certificates.js';
import { formatDay } from './dates.js';

export interface CertificateView {
  readonly kind: CertificateKind;
  readonly status: CertificateStatus;
  readonly serialNumber: string;
  readonly notAfter: string;
}

const STATUS_COLOUR: Readonly<Record<CertificateStatus, string>> = {
  VALID: 'teal',
  ON_HOLD: 'yellow',
  REVOKED: 'red',
  EXPIRED: 'gray',
};

/** One certificate: what it is for, whether it is good, its serial number and its end. */
export function CertificateCard({
  kind,
  status,
  serialNumber,
  notAfter,
}: CertificateView): ReactElement {
  return (
    <Paper withBorder p="sm" data-certificate={kind} data-status={status}>
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <KindIcon kind={kind} />
        <Stack gap={2} style={{ minWidth: 0, flex: 1 }}>
          <Group justify="space-between" gap="xs">
            <Text fw={600}>{KIND_TEXT[kind].name}</Text>
            <CertificateStatusBadge status={status} />
          </Group>
          <Text size="sm" c="dimmed">
            Valid until {formatDay(notAfter)}
          </Text>
          <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
            <span aria-hidden="true">No. </span>
            {groupSerial(serialNumber)}
          </Text>
        </Stack>
      </Group>
    </Paper>
  );
}

interface CertificateStatusBadgeProps {
  readonly status: CertificateStatus;
}

export function CertificateStatusBadge({ status }: CertificateStatusBadgeProps): ReactElement {
  return (
    <Badge color={STATUS_COLOUR[status]} variant="light" tt="none" style={{ flex: 'none' }}>
      {CERTIFICATE_STATUS_TEXT[status]}
    </Badge>
  );
}

interface KindIconProps {
  readonly kind: CertificateKind;
}

export function KindIcon({ kind }: KindIconProps): ReactElement {
  const Icon = { AUTHENTICATION: IconFingerprint, SIGNATURE: IconSignature, ENCRYPTION: IconLock }[
    kind
  ];
  return (
    <ThemeIcon variant="light" size={36} radius="md">
      <Icon size={20} stroke={1.7} aria-hidden="true" />
    </ThemeIcon>
  );
}
