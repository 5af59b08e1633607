import { Button, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';

interface NameFormProps {
  readonly label: string;
  readonly description: string;
  readonly suggestion: string;
  readonly submit: string;
  readonly busy: boolean;
  /** What the server says about the name. */
  readonly error: string | undefined;
  readonly onSubmit: (name: string) => void;
  readonly onCancel: () => void;
}

/** Asks what the new thing shall be called. */
export function NameForm(props: NameFormProps): ReactElement {
  const { label, description, suggestion, submit, busy, error, onSubmit, onCancel } = props;
  const [name, setName] = useState(suggestion);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.select();
  }, []);
  return (
    <Paper
      withBorder
      p="md"
      radius="lg"
      component="form"
      onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        onSubmit(name.trim());
      }}
    >
      <Stack>
        <TextInput
          ref={input}
          label={label}
          description={description}
          autoComplete="off"
          maxLength={64}
          required
          withAsterisk={false}
          value={name}
          error={error}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <Group gap="xs">
          <Button type="submit" loading={busy} disabled={name.trim() === ''}>
            {submit}
          </Button>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
