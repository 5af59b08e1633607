import { Alert, Button, Paper, Stack, Text } from '@mantine/core';
import { IconLinkOff } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import { useMutation } from 'urql';
import { fieldMessageOf, problemOf } from '../../shared/errors.js';
import { PageTitle } from '../../shared/page-title.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { SET_PASSWORD } from './documents.js';
import { NewPasswordInput } from './new-password-input.js';

interface SetPasswordPageProps {
  /** From the mailed link; undefined where the page was opened or reloaded without it. */
  readonly token: string | undefined;
  readonly onSet: () => void;
  /** To where one asks for another link. */
  readonly onAskAgain: () => void;
}

const USED_UP = ['CODE_EXPIRED', 'CODE_UNKNOWN'];

/** Where the mailed link leads: one new password, for who holds the link. */
export function SetPasswordPage({ token, onSet, onAskAgain }: SetPasswordPageProps): ReactElement {
  const [password, setPassword] = useState('');
  const [{ fetching, error }, set] = useMutation(SET_PASSWORD);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
  }, []);
  const problem = fetching || !error ? undefined : problemOf(error);
  const complaint = fieldMessageOf(problem, 'password');
  const isUsedUp = token === undefined || (problem && USED_UP.includes(problem.code));

  const submit = async (): Promise<void> => {
    const answer = await set({ token: token ?? '', password });
    if (answer.error) input.current?.focus();
    else onSet();
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void submit();
  };

  return (
    <Stack maw={400} mx="auto" gap="lg" mt={{ base: 0, sm: 'xl' }}>
      <Stack gap={4}>
        <PageTitle>Choose a password</PageTitle>
        {!isUsedUp && <Text c="dimmed">Then sign in with it. Other sessions of yours end.</Text>}
      </Stack>
      {isUsedUp ? (
        <LinkUsedUp wasThere={token !== undefined} onAskAgain={onAskAgain} />
      ) : (
        <Paper withBorder p="lg" radius="lg" shadow="xs">
          <form onSubmit={onSubmit}>
            <Stack>
              <ProblemAlert problem={complaint === undefined ? problem : undefined} />
              <NewPasswordInput
                ref={input}
                value={password}
                onChange={setPassword}
                error={complaint}
              />
              <Button type="submit" loading={fetching} fullWidth>
                Set password
              </Button>
            </Stack>
          </form>
        </Paper>
      )}
    </Stack>
  );
}

interface LinkUsedUpProps {
  readonly wasThere: boolean;
  readonly onAskAgain: () => void;
}

function LinkUsedUp({ wasThere, onAskAgain }: LinkUsedUpProps): ReactElement {
  return (
    <Alert
      variant="light"
      color="yellow"
      role="alert"
      icon={<IconLinkOff aria-hidden="true" />}
      data-problem="LINK_USED_UP"
    >
      {wasThere
        ? 'This link has run out, was used already, or a newer one took its place.'
        : 'Open the link in the mail once more: this page does not keep it.'}
      <Button mt="sm" variant="default" display="block" onClick={onAskAgain}>
        Send me a new link
      </Button>
    </Alert>
  );
}
