import { Alert, Anchor, Button, Paper, Stack, Text } from '@mantine/core';
import { IconMailCheck } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { hashOf } from '../route.js';
import { REQUEST_PASSWORD_RESET } from './documents.js';
import { UserNameInput } from './user-name-input.js';

interface ForgotPasswordPageProps {
  /** Who is signed in, and has come from the account page. */
  readonly signedInAs?: string;
}

/** Asks for the mail with the link. What it answers is the same for every name. */
export function ForgotPasswordPage({ signedInAs }: ForgotPasswordPageProps): ReactElement {
  const [username, setUsername] = useState(signedInAs ?? '');
  const [{ fetching, error, data }, request] = useMutation(REQUEST_PASSWORD_RESET);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
  }, []);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void request({ username: username.trim() });
  };
  return (
    <Stack maw={400} mx="auto" gap="lg" mt={{ base: 0, sm: 'xl' }}>
      <Stack gap={4}>
        <PageTitle>Forgot your password?</PageTitle>
        <Text c="dimmed">We send you a link, and you choose a new one.</Text>
      </Stack>
      {data && !fetching && (
        <Alert
          variant="light"
          color="teal"
          role="status"
          icon={<IconMailCheck aria-hidden="true" />}
          data-notice="RESET_REQUESTED"
        >
          If there is an account of this name with an e-mail address, a mail with a link is on its
          way there. Nothing yet after a few minutes? Look among unwanted mail, then try again.
        </Alert>
      )}
      <ProblemAlert problem={fetching || !error ? undefined : problemOf(error)} />
      <Paper withBorder p="lg" radius="lg" shadow="xs">
        <form onSubmit={onSubmit}>
          <Stack>
            <UserNameInput ref={input} value={username} onChange={setUsername} />
            <Button type="submit" loading={fetching} fullWidth>
              Send me a link
            </Button>
          </Stack>
        </form>
      </Paper>
      <Anchor href={hashOf({ page: signedInAs === undefined ? 'HOME' : 'ACCOUNT' })} size="sm">
        {signedInAs === undefined ? 'Back to sign-in' : 'Back to my account'}
      </Anchor>
    </Stack>
  );
}
