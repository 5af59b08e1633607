import { Button } from '@mantine/core';
import { IconCertificate, IconPlus } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useClient } from 'urql';
import { formatDay } from '../../shared/dates.js';
import { problemIn, type Problem } from '../../shared/errors.js';
import { ACCOUNT_TEXT } from './account-text.js';
import { AccountSection } from './account-section.js';
import { CredentialCard } from './credential-card.js';
import {
  REGISTER_MY_CERTIFICATE,
  REMOVE_MY_CERTIFICATE,
  type ClientCertificate,
} from './documents.js';
import { GuardedOutcome } from './guarded-outcome.js';
import { useGuarded } from './use-guarded.js';

interface CertificatesSectionProps {
  readonly certificates: readonly ClientCertificate[];
  /** Whether the server takes certificates; where it does not, those registered before can only be removed. */
  readonly isOffered: boolean;
  readonly onChanged: () => void;
}

const NONE_SHOWN =
  'Your browser has shown no certificate that is taken here. Connect your card or import the certificate, close all windows of the browser, and try again.';
const HERE = {
  ...ACCOUNT_TEXT,
  'CONFLICT/LIMIT': 'You have as many certificates as you may have. Remove one first.',
  'CONFLICT/TAKEN': 'This certificate belongs to another account.',
  'CONFLICT/ISSUED_HERE':
    'This certificate is the one of a mobile ID, which signs its holder in already.',
  INVALID_CREDENTIALS: NONE_SHOWN,
};

export function CertificatesSection({
  certificates,
  isOffered,
  onChanged,
}: CertificatesSectionProps): ReactElement | null {
  const client = useClient();
  const guarded = useGuarded();
  const change = (call: () => Promise<Problem | undefined>, done: string): void => {
    void guarded.run(async () => {
      const problem = await call();
      if (!problem) onChanged();
      return problem;
    }, done);
  };
  if (!isOffered && certificates.length === 0) return null;
  return (
    <AccountSection
      name="certificates"
      title="Certificates"
      description="A certificate on a smart card or in your browser, shown when it connects."
      done={guarded.done}
    >
      {certificates.map(({ id, subject, issuer, fingerprint, notAfter }) => (
        <CredentialCard
          key={id}
          icon={<IconCertificate size={20} stroke={1.7} aria-hidden="true" />}
          name={subject}
          details={[
            `Issued by ${issuer}, valid until ${formatDay(notAfter)}`,
            `SHA-256 ${fingerprint}`,
          ]}
          action="Remove"
          warning="It will not sign you in any more."
          busy={guarded.busy}
          onAction={() => {
            change(
              async () =>
                problemIn(await client.mutation(REMOVE_MY_CERTIFICATE, { id }).toPromise()),
              'The certificate is removed.',
            );
          }}
        />
      ))}
      <GuardedOutcome guarded={guarded} purpose="to change your certificates" here={HERE} />
      {isOffered && !guarded.waiting && (
        <Button
          variant="default"
          leftSection={<IconPlus size={16} stroke={1.7} aria-hidden="true" />}
          style={{ alignSelf: 'flex-start' }}
          loading={guarded.busy}
          onClick={() => {
            change(
              async () => problemIn(await client.mutation(REGISTER_MY_CERTIFICATE, {}).toPromise()),
              'The certificate of this browser is registered.',
            );
          }}
        >
          Register this browser’s certificate
        </Button>
      )}
    </AccountSection>
  );
}
