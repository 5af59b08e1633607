import { Button, Divider, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactElement, type SubmitEvent } from 'react';
import { deviceText } from '../../../phone/device-text.js';
import { profileText } from '../../../phone/profile-text.js';
import type { OpenQuestion } from '../../../phone/proofs/prover.js';
import { CountdownText, useSecondsUntil } from '../../shared/countdown-text.js';
import { PageTitle } from '../../shared/page-title.js';
import { NotMeButton } from '../not-me-button.js';

const DIGITS = 2;

interface QuestionScreenProps {
  readonly question: OpenQuestion;
  readonly busy: boolean;
  readonly onAnswer: (number: string) => void;
  readonly onDecline: () => void;
}

/** Nothing is sent before the button: there is one try. */
export function QuestionScreen(props: QuestionScreenProps): ReactElement {
  const { question, busy, onAnswer, onDecline } = props;
  const [number, setNumber] = useState('');
  const isWhole = /^\d{2}$/.test(number);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isWhole && !busy) onAnswer(number);
  };
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <PageTitle>Is this you?</PageTitle>
        <Text c="dimmed">Somebody wants to go on as you, and waits for this phone.</Text>
      </Stack>
      <QuestionFacts question={question} />
      <form onSubmit={submit}>
        <Stack gap="lg">
          <NumberInput value={number} busy={busy} onChange={setNumber} />
          <Stack gap="xs">
            <Button type="submit" size="lg" fullWidth loading={busy} disabled={!isWhole}>
              Yes, it is me
            </Button>
            {!busy && <NotMeButton onCancel={onDecline} />}
          </Stack>
        </Stack>
      </form>
    </Stack>
  );
}

function QuestionFacts({ question }: Pick<QuestionScreenProps, 'question'>): ReactElement {
  const { challenge, mobileId } = question;
  const seconds = useSecondsUntil(challenge.expiresAt);
  return (
    <Paper withBorder radius="lg" p="lg" shadow="xs">
      <Stack gap="md">
        <Fact label="Who" value={challenge.displayName} large />
        <Divider />
        <Fact
          label="Asked from"
          value={`${deviceText(challenge.userAgent)}, ${challenge.address}`}
        />
        <Fact
          label="Answered with"
          value={profileText(mobileId.profile.name, mobileId.profile.serverName)}
        />
        <Text size="sm" c="dimmed">
          Open for <CountdownText seconds={seconds} />
        </Text>
      </Stack>
    </Paper>
  );
}

interface FactProps {
  readonly label: string;
  readonly value: string;
  readonly large?: boolean;
}

function Fact({ label, value, large = false }: FactProps): ReactElement {
  return (
    <Stack gap={2}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fw={large ? 650 : 500} fz={large ? 'xl' : 'md'} style={{ overflowWrap: 'anywhere' }}>
        {value}
      </Text>
    </Stack>
  );
}

interface NumberInputProps {
  readonly value: string;
  readonly busy: boolean;
  readonly onChange: (value: string) => void;
}

/** One field, not two boxes, so that Enter sends it as in any form. */
function NumberInput({ value, busy, onChange }: NumberInputProps): ReactElement {
  return (
    <TextInput
      label="Number that the page shows"
      description="You see no page with a number? Then it is not you. There is one try."
      size="xl"
      inputMode="numeric"
      autoComplete="off"
      maxLength={DIGITS}
      value={value}
      readOnly={busy}
      styles={{ input: { fontVariantNumeric: 'tabular-nums', letterSpacing: '0.3em' } }}
      onChange={({ currentTarget }) => {
        onChange(currentTarget.value.replaceAll(/\D/g, ''));
      }}
    />
  );
}
