import { Button, Stack, Text } from '@mantine/core';
import { useState, type ReactElement, type ReactNode } from 'react';
import type { Problem } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { BeginButton } from './begin-button.js';
import { CodeEntry } from './code-entry.js';
import type { MethodProps } from './method-props.js';

interface SentCodeFormProps extends Omit<MethodProps, 'user'> {
  readonly icon: ReactNode;
  readonly begin: string;
  /** Where the code goes, as a person reads it. */
  readonly address: string;
  readonly codeLabel: string;
  readonly wrong: string;
  readonly send: () => Promise<Problem | undefined>;
  readonly verify: (code: string) => Promise<Problem | undefined>;
}

/** A one-time code: sent when asked for, then typed in. */
export function SentCodeForm({ alone, onBegin, send, ...form }: SentCodeFormProps): ReactElement {
  const [sentCodes, setSentCodes] = useState(0);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const sendCode = async (): Promise<void> => {
    setSending(true);
    setProblem(undefined);
    const refusal = await send();
    setSending(false);
    setProblem(refusal);
    if (refusal) return;
    setSentCodes((count) => count + 1);
    onBegin();
  };
  if (sentCodes === 0) {
    return (
      <Stack>
        <ProblemAlert problem={problem} />
        <BeginButton
          icon={form.icon}
          alone={alone}
          loading={sending}
          onClick={() => void sendCode()}
        >
          {form.begin}
        </BeginButton>
      </Stack>
    );
  }
  return (
    <Stack>
      <ProblemAlert problem={problem} />
      <CodeEntry
        label={form.codeLabel}
        here={{ INVALID_CREDENTIALS: form.wrong }}
        verify={form.verify}
        onProven={form.onProven}
      >
        <Text size="sm" role="status">
          {sentCodes > 1 ? 'We have sent a new code' : 'We have sent a six-digit code'} to{' '}
          <b>{form.address}</b>. It is good for ten minutes.
        </Text>
      </CodeEntry>
      <Button
        variant="subtle"
        size="compact-sm"
        loading={sending}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => void sendCode()}
      >
        Send a new code
      </Button>
    </Stack>
  );
}
