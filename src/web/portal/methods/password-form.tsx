import { Button, PasswordInput, Stack } from '@mantine/core';
import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { KnownUserName, UserNameInput } from '../password/user-name-input.js';
import { SIGN_IN } from './documents.js';

interface PasswordFormProps {
  /** Set where a signed-in user proves again who he is. */
  readonly username?: string | undefined;
  readonly onSignedIn: () => Promise<void>;
}

const HERE = { INVALID_CREDENTIALS: 'User name or password is not right. Please try again.' };

/** The answer sets the session cookie; this page never holds the token. */
export function PasswordForm({ username: fixed, onSignedIn }: PasswordFormProps): ReactElement {
  const [username, setUsername] = useState(fixed ?? '');
  const [password, setPassword] = useState('');
  const [{ fetching, error }, signIn] = useMutation(SIGN_IN);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);

  const submit = async (): Promise<void> => {
    const answer = await signIn({ username: username.trim(), password });
    setPassword('');
    if (answer.error) first.current?.focus();
    else await onSignedIn();
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void submit();
  };

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <ProblemAlert problem={fetching || !error ? undefined : problemOf(error)} here={HERE} />
        {fixed === undefined ? (
          <UserNameInput ref={first} value={username} onChange={setUsername} withPasskeys />
        ) : (
          <KnownUserName username={fixed} />
        )}
        <PasswordInput
          ref={fixed === undefined ? null : first}
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => {
            setPassword(event.currentTarget.value);
          }}
        />
        <Button type="submit" loading={fetching} fullWidth>
          {fixed === undefined ? 'Sign in' : 'Confirm'}
        </Button>
      </Stack>
    </form>
  );
}
