import { Alert, Anchor, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useMemo, type ReactElement } from 'react';
import { useQuery } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { ProofWays } from '../methods/proof-ways.js';
import { usePasskeyAutofill } from '../methods/use-passkey-autofill.js';
import { hashOf } from '../route.js';
import { waysToSignIn } from '../step-up/step-up.js';
import { currentPlace } from '../use-route.js';
import type { Notice } from './arrival.js';
import { SIGN_IN_OPTIONS } from './documents.js';
import { NoticeAlert } from './notice-alert.js';

interface SignInPageProps {
  /** The session ended while the page was in use. */
  readonly ended: boolean;
  readonly notice: Notice | undefined;
  readonly onNoticeClosed: () => void;
  readonly onSignedIn: () => Promise<void>;
}

/** Every way to open a session that is set up, and no other. */
export function SignInPage({
  ended,
  notice,
  onNoticeClosed,
  onSignedIn,
}: SignInPageProps): ReactElement {
  const variables = useMemo(() => ({ returnTo: currentPlace() }), []);
  const [{ data, error }] = useQuery({ query: SIGN_IN_OPTIONS, variables });
  const ways = waysToSignIn(data?.signInOptions ?? []);
  const hasPassword = ways.some(({ kind }) => kind === 'PASSWORD');
  const autofillProblem = usePasskeyAutofill(
    hasPassword && ways.some(({ kind }) => kind === 'PASSKEY'),
    onSignedIn,
  );
  return (
    <Stack maw={400} mx="auto" gap="lg" mt={{ base: 0, sm: 'xl' }}>
      <Stack gap={4}>
        <PageTitle>Sign in</PageTitle>
        <Text c="dimmed">to get your mobile ID and see what you have.</Text>
      </Stack>
      <NoticeAlert notice={notice} isSignedIn={false} onClose={onNoticeClosed} />
      {ended && (
        <Alert variant="light" color="yellow" icon={<IconClock aria-hidden="true" />} role="status">
          Your session has ended. Sign in again to go on where you were.
        </Alert>
      )}
      <ProblemAlert problem={error ? problemOf(error) : autofillProblem} here={PASSKEY} />
      <Paper withBorder p="lg" radius="lg" shadow="xs">
        {data ? (
          <ProofWays ways={ways} user={undefined} onProven={onSignedIn} />
        ) : (
          <Skeleton h={196} animate={!error} />
        )}
      </Paper>
      {hasPassword && (
        <Anchor href={hashOf({ page: 'FORGOT_PASSWORD' })} size="sm">
          Forgot your password?
        </Anchor>
      )}
      <Text size="sm" c="dimmed">
        Scanned a code with your phone?{' '}
        <Anchor href="/m" underline="always">
          Open the phone page
        </Anchor>
      </Text>
    </Stack>
  );
}

const PASSKEY = {
  INVALID_CREDENTIALS: 'This passkey is not registered here (any more).',
};
