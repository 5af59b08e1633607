import { Anchor, Button, Group, Paper, PasswordInput, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import { useClient } from 'urql';
import { fieldMessageOf, problemIn } from '../../shared/errors.js';
import { CHANGE_PASSWORD } from '../password/documents.js';
import { NewPasswordInput } from '../password/new-password-input.js';
import { KnownUserName } from '../password/user-name-input.js';
import { hashOf } from '../route.js';
import { useSession } from '../sign-in/session-context.js';
import { AccountSection } from './account-section.js';
import { GuardedOutcome } from './guarded-outcome.js';
import { useGuarded } from './use-guarded.js';

interface PasswordSectionProps {
  readonly onChanged: () => void;
}

const HERE = { INVALID_CREDENTIALS: 'Your present password is not right.' };

export function PasswordSection({ onChanged }: PasswordSectionProps): ReactElement {
  const guarded = useGuarded();
  const [open, setOpen] = useState(false);
  const complaint = fieldMessageOf(guarded.problem, 'password');
  return (
    <AccountSection
      name="password"
      title="Password"
      description="Changing it signs you out everywhere else."
      done={guarded.done}
    >
      {open && (
        <ChangeForm
          guarded={guarded}
          complaint={complaint}
          onChanged={() => {
            setOpen(false);
            onChanged();
          }}
          onCancel={() => {
            setOpen(false);
            guarded.giveUp();
          }}
        />
      )}
      <GuardedOutcome
        guarded={complaint === undefined ? guarded : { ...guarded, problem: undefined }}
        purpose="to change your password"
        here={HERE}
      />
      {!open && (
        <Group>
          <Button
            variant="default"
            onClick={() => {
              guarded.giveUp();
              setOpen(true);
            }}
          >
            Change password
          </Button>
          <Anchor href={hashOf({ page: 'FORGOT_PASSWORD' })} size="sm">
            Forgot it, or never had one?
          </Anchor>
        </Group>
      )}
    </AccountSection>
  );
}

interface ChangeFormProps extends PasswordSectionProps {
  readonly guarded: ReturnType<typeof useGuarded>;
  readonly complaint: string | undefined;
  readonly onCancel: () => void;
}

function ChangeForm({ guarded, complaint, onChanged, onCancel }: ChangeFormProps): ReactElement {
  const client = useClient();
  const { user } = useSession();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void guarded.run(async () => {
      const problem = problemIn(
        await client.mutation(CHANGE_PASSWORD, { current, password }).toPromise(),
      );
      if (problem) (fieldMessageOf(problem, 'password') ? second : first).current?.focus();
      else onChanged();
      return problem;
    }, 'Your password is changed. All other sessions have ended.');
  };
  return (
    <Paper withBorder p="md" radius="lg" component="form" onSubmit={submit}>
      <Stack maw={400}>
        <KnownUserName username={user.username} />
        <PasswordInput
          ref={first}
          label="Present password"
          name="current-password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={current}
          onChange={(event) => {
            setCurrent(event.currentTarget.value);
          }}
        />
        <NewPasswordInput ref={second} value={password} onChange={setPassword} error={complaint} />
        <Group gap="xs">
          <Button type="submit" loading={guarded.busy}>
            Change password
          </Button>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          You stay signed in here.
        </Text>
      </Stack>
    </Paper>
  );
}
