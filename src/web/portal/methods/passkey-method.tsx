import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { Stack, Text } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useClient } from 'urql';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { BeginButton } from './begin-button.js';
import type { MethodProps } from './method-props.js';
import { signInWithPasskey } from './passkey-sign-in.js';
import { useProof } from './use-proof.js';

const HERE = {
  INVALID_CREDENTIALS: 'This passkey is not registered here (any more), or not for you.',
  'NOT_FOUND/NO_PASSKEY': 'You have no passkey here any more. Use another way.',
};

export function PasskeyMethod({ alone, user, onProven }: MethodProps): ReactElement {
  const client = useClient();
  const { busy, problem, prove } = useProof(onProven);
  if (!browserSupportsWebAuthn()) {
    return <Text size="sm">A passkey would do, but this browser cannot use passkeys.</Text>;
  }
  return (
    <Stack>
      <ProblemAlert problem={problem} here={HERE} />
      <BeginButton
        icon={<IconFingerprint size={18} stroke={1.7} aria-hidden="true" />}
        alone={alone}
        loading={busy}
        onClick={() => void prove(() => signInWithPasskey(client))}
      >
        {user ? 'Use a passkey' : 'Sign in with a passkey'}
      </BeginButton>
    </Stack>
  );
}
