import { Alert, Anchor, Button, Paper, Stack, Text } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useQuery } from 'urql';
import { problemOf } from '../shared/errors.js';
import { PageTitle } from '../shared/page-title.js';
import { ProblemAlert } from '../shared/problem-alert.js';
import { SIGN_IN_OPTIONS } from './documents.js';
import { PasswordForm } from './password-form.js';

interface SignInPageProps {
  /** The session ended while the page was in use. */
  readonly ended: boolean;
  readonly onSignedIn: () => Promise<void>;
}

export function SignInPage({ ended, onSignedIn }: SignInPageProps): ReactElement {
  const [{ data, error }] = useQuery({ query: SIGN_IN_OPTIONS });
  const options = data?.signInOptions ?? [];
  const redirects = options.filter(({ url }) => typeof url === 'string');
  return (
    <Stack maw={400} mx="auto" gap="lg" mt={{ base: 0, sm: 'xl' }}>
      <Stack gap={4}>
        <PageTitle>Sign in</PageTitle>
        <Text c="dimmed">to get your mobile ID and see what you have.</Text>
      </Stack>
      {ended && (
        <Alert variant="light" color="yellow" icon={<IconClock aria-hidden="true" />} role="status">
          Your session has ended. Sign in again to go on where you were.
        </Alert>
      )}
      <ProblemAlert problem={error && problemOf(error)} />
      <Paper withBorder p="lg" radius="lg" shadow="xs">
        <Stack>
          {options.some(({ method }) => method === 'PASSWORD') && (
            <PasswordForm onSignedIn={onSignedIn} />
          )}
          {redirects.map(({ label, url }) => (
            <Button key={url} component="a" href={url ?? '/'} variant="default" fullWidth>
              {label}
            </Button>
          ))}
        </Stack>
      </Paper>
      <Text size="sm" c="dimmed">
        Scanned a code with your phone?{' '}
        <Anchor href="/m" underline="always">
          Open the phone page
        </Anchor>
      </Text>
    </Stack>
  );
}
