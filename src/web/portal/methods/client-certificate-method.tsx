import { Stack } from '@mantine/core';
import { IconCertificate } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useClient } from 'urql';
import { problemIn } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { BeginButton } from './begin-button.js';
import { SIGN_IN_WITH_CERTIFICATE } from './documents.js';
import type { MethodProps } from './method-props.js';
import { useProof } from './use-proof.js';

const HERE = {
  INVALID_CREDENTIALS:
    'Your browser has shown no certificate, or one that is not registered for you.',
};

/** The browser has shown the certificate when it connected; this asks the server to take it. */
export function ClientCertificateMethod({ alone, user, onProven }: MethodProps): ReactElement {
  const client = useClient();
  const { busy, problem, prove } = useProof(onProven);
  return (
    <Stack>
      <ProblemAlert problem={problem} here={HERE} />
      <BeginButton
        icon={<IconCertificate size={18} stroke={1.7} aria-hidden="true" />}
        alone={alone}
        loading={busy}
        onClick={() =>
          void prove(async () =>
            problemIn(await client.mutation(SIGN_IN_WITH_CERTIFICATE, {}).toPromise()),
          )
        }
      >
        {user ? 'Use the certificate of this browser' : 'Sign in with a certificate'}
      </BeginButton>
    </Stack>
  );
}
