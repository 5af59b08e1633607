import { Button, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { CertificateStatusBadge, KindIcon } from '../../shared/certificate-card.js';
import { groupSerial, KIND_TEXT } from '../../shared/certificates.js';
import { formatDay } from '../../shared/dates.js';
import type { CertificateInDetail } from '../home/documents.js';
import { TitledSection } from '../titled-section.js';
import { endText, pemFileOf } from './certificate-text.js';

interface CertificatesSectionsProps {
  readonly certificates: readonly CertificateInDetail[];
}

/** Its own, and those that it has brought along to read what was encrypted before. */
export function CertificatesSections({ certificates }: CertificatesSectionsProps): ReactElement {
  return (
    <>
      <CertificatesSection
        name="certificates"
        title="Certificates"
        certificates={certificates.filter(({ recovered }) => !recovered)}
      />
      <CertificatesSection
        name="recovered"
        title="Brought along from earlier mobile IDs"
        certificates={certificates.filter(({ recovered }) => recovered)}
      />
    </>
  );
}

interface CertificatesSectionProps extends CertificatesSectionsProps {
  readonly name: string;
  readonly title: string;
}

function CertificatesSection({
  name,
  title,
  certificates,
}: CertificatesSectionProps): ReactElement | null {
  if (certificates.length === 0) return null;
  return (
    <TitledSection name={name} title={title}>
      {certificates.map((certificate) => (
        <CertificateInDetailCard key={certificate.id} certificate={certificate} />
      ))}
    </TitledSection>
  );
}

interface CertificateProps {
  readonly certificate: CertificateInDetail;
}

function CertificateInDetailCard({ certificate }: CertificateProps): ReactElement {
  const { kind, status, serialNumber, notBefore, notAfter, issuer, fingerprint } = certificate;
  const { name, purpose } = KIND_TEXT[kind];
  const file = pemFileOf(certificate);
  const end = endText(certificate);
  return (
    <Paper
      component="article"
      withBorder
      p="md"
      radius="lg"
      data-certificate={kind}
      data-status={status}
    >
      <Group wrap="nowrap" align="flex-start">
        <KindIcon kind={kind} />
        <Stack gap="sm" style={{ minWidth: 0, flex: 1 }}>
          <Group justify="space-between" gap="xs" align="flex-start">
            <Stack gap={0} style={{ flex: '1 1 180px' }}>
              <Title order={3} fz="md">
                {name}
              </Title>
              <Text size="sm" c="dimmed">
                {purpose}
              </Text>
            </Stack>
            <CertificateStatusBadge status={status} />
          </Group>
          {end !== undefined && <Text size="sm">{end}</Text>}
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" verticalSpacing="xs">
            <Detail label="Valid from" value={formatDay(notBefore)} />
            <Detail label="Valid until" value={formatDay(notAfter)} />
            <Detail label="Serial number" value={groupSerial(serialNumber)} mono />
            <Detail label="Issued by" value={issuer} />
          </SimpleGrid>
          <Detail label="SHA-256 fingerprint" value={groupSerial(fingerprint)} mono />
          <Button
            component="a"
            href={file.url}
            download={file.name}
            variant="default"
            size="compact-sm"
            leftSection={<IconDownload size={16} stroke={1.7} aria-hidden="true" />}
            aria-label={`Download the certificate for ${name.toLowerCase()} as PEM`}
            style={{ alignSelf: 'flex-start' }}
          >
            Download (PEM)
          </Button>
        </Stack>
      </Group>
    </Paper>
  );
}

interface DetailProps {
  readonly label: string;
  readonly value: string;
  readonly mono?: boolean;
}

function Detail({ label, value, mono = false }: DetailProps): ReactElement {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text
        size={mono ? 'xs' : 'sm'}
        {...(mono && { ff: 'monospace' })}
        style={{ overflowWrap: 'anywhere' }}
      >
        {value}
      </Text>
    </div>
  );
}
