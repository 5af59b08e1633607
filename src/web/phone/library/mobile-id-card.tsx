import { Badge, Group, Paper, Stack, Text, Title, type TitleOrder } from '@mantine/core';
import type { ReactElement } from 'react';
import type { IssuedCertificate } from '../../../phone/contract.js';
import type { StoredMobileId } from '../../../phone/keys/key-store.js';
import { KindIcon } from '../../shared/certificate-card.js';
import { groupSerial, KIND_TEXT } from '../../shared/certificates.js';
import { formatDay } from '../../shared/dates.js';
import { Logo } from '../../shared/logo.js';

const PERIOD = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

interface MobileIdCardProps {
  readonly mobileId: StoredMobileId;
  readonly titleOrder?: TitleOrder;
}

/** A finished mobile ID: whose it is, and each certificate with what it can be recognised by. */
export function MobileIdCard({ mobileId, titleOrder = 2 }: MobileIdCardProps): ReactElement {
  const { id, accountName, certificates, name, serverName, state, validTo } = mobileId.profile;
  return (
    <Paper
      component="article"
      withBorder
      radius="lg"
      shadow="sm"
      data-mobile-id={id}
      data-state={state}
      style={{ overflow: 'hidden' }}
    >
      <Stack
        gap="lg"
        p="lg"
        style={{ background: 'linear-gradient(135deg, #0f766e, #063c38)', color: '#fff' }}
      >
        <Group justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Logo size={28} />
            <Text fw={600}>{serverName}</Text>
          </Group>
          <Badge color="signet.0" c="signet.8" tt="none" size="lg" style={{ flex: 'none' }}>
            {state === 'ACTIVE' ? 'Active' : 'Not active'}
          </Badge>
        </Group>
        <Stack gap={2}>
          <Title order={titleOrder} fz="xl" style={{ overflowWrap: 'anywhere' }}>
            {accountName}
          </Title>
          {name !== serverName && <Text>{name}</Text>}
        </Stack>
        <Text size="sm">Valid until {formatDay(validTo)}</Text>
      </Stack>
      <Stack component="ul" gap="lg" m={0} p="lg" style={{ listStyle: 'none' }}>
        {certificates.map((certificate) => (
          <CertificateRow key={certificate.id} certificate={certificate} />
        ))}
      </Stack>
    </Paper>
  );
}

interface CertificateRowProps {
  readonly certificate: IssuedCertificate;
}

function CertificateRow({ certificate }: CertificateRowProps): ReactElement {
  const { fingerprint, kind, notAfter, notBefore, serialNumber, status } = certificate;
  return (
    <Group
      component="li"
      wrap="nowrap"
      align="flex-start"
      gap="sm"
      data-certificate={kind}
      data-status={status}
    >
      <KindIcon kind={kind} />
      <Stack gap={4} style={{ minWidth: 0, flex: 1 }}>
        <Text fw={600}>{KIND_TEXT[kind].name}</Text>
        {status !== 'VALID' && <Text size="sm">Earlier key, for what was encrypted before</Text>}
        <Text size="sm" c="dimmed">
          {PERIOD.formatRange(new Date(notBefore), new Date(notAfter))}
        </Text>
        <Detail label="Serial number" value={groupSerial(serialNumber)} />
        <Detail label="SHA-256 fingerprint" value={groupSerial(fingerprint)} />
      </Stack>
    </Group>
  );
}

interface DetailProps {
  readonly label: string;
  readonly value: string;
}

function Detail({ label, value }: DetailProps): ReactElement {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
        {value}
      </Text>
    </div>
  );
}
