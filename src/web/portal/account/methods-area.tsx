import { Skeleton } from '@mantine/core';
import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { Trouble } from '../step-up/trouble.js';
import { useReloadOnReturn } from '../use-reload-on-return.js';
import { CertificatesSection } from './certificates-section.js';
import { MY_METHODS } from './documents.js';
import { PasskeysSection } from './passkeys-section.js';
import { TotpSection } from './totp-section.js';

/** What the viewer can prove himself with beside the password. */
export function MethodsArea(): ReactElement {
  const [{ data, error }, reload] = useQuery({ query: MY_METHODS });
  useReloadOnReturn(reload);
  if (error) {
    return (
      <Trouble
        problem={problemOf(error)}
        purpose="to see how you sign in"
        onRetry={() => {
          reload();
        }}
      />
    );
  }
  if (!data) return <Skeleton h={320} radius="lg" />;
  return (
    <>
      <PasskeysSection passkeys={data.myPasskeys} onChanged={reload} />
      <TotpSection authenticators={data.myTotpAuthenticators} onChanged={reload} />
      <CertificatesSection
        certificates={data.myClientCertificates}
        isOffered={data.acceptsClientCertificates}
        onChanged={reload}
      />
    </>
  );
}
