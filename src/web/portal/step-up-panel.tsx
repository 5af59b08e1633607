import { Alert, Button, Divider, Group, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconLockExclamation, IconShieldCheck } from '@tabler/icons-react';
import { Fragment, type ReactElement } from 'react';
import { EmailCodeForm } from './email-code-form.js';
import { PasswordForm } from './password-form.js';
import { useSession } from './session-context.js';
import { chooseStepUp, type MissingClause, type ProofWay, type StepUp } from './step-up.js';

interface StepUpPanelProps {
  readonly missing: readonly MissingClause[];
  /** What waits for the proof, e.g. "to order a mobile ID". */
  readonly purpose: string;
  readonly onProven: () => Promise<void>;
}

/** Offers just what the access decision still asks for, one proof after the other. */
export function StepUpPanel({ missing, purpose, onProven }: StepUpPanelProps): ReactElement | null {
  const stepUp = chooseStepUp(missing);
  if (stepUp.kind === 'NOTHING') return null;
  if (stepUp.kind === 'IMPOSSIBLE') {
    return (
      <Alert variant="light" color="yellow" icon={<IconLockExclamation aria-hidden="true" />}>
        One more proof of who you are is needed {purpose}, and none that would do is set up for you
        yet. Please ask your administrator.
      </Alert>
    );
  }
  return (
    <Paper withBorder p="lg" radius="lg" component="section" aria-labelledby="step-up-title">
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={40} radius="md" variant="light" visibleFrom="sm">
          <IconShieldCheck size={22} stroke={1.7} aria-hidden="true" />
        </ThemeIcon>
        <Stack gap="md" style={{ flex: 1, minWidth: 0 }}>
          <Stack gap={2}>
            <Title order={2} id="step-up-title">
              Confirm it is you
            </Title>
            <Text c="dimmed">{reasonOf(stepUp, purpose)}</Text>
          </Stack>
          {stepUp.ways.map((way, index) => (
            <Fragment key={`${way.kind} ${way.label}`}>
              {index > 0 && <Divider label="or" />}
              <Way way={way} onProven={onProven} />
            </Fragment>
          ))}
        </Stack>
      </Group>
    </Paper>
  );
}

interface WayProps {
  readonly way: ProofWay;
  readonly onProven: () => Promise<void>;
}

function Way({ way, onProven }: WayProps): ReactElement {
  const { user } = useSession();
  switch (way.kind) {
    case 'EMAIL_CODE':
      return <EmailCodeForm label="Send me a code" address={user.email} onProven={onProven} />;
    case 'PASSWORD':
      return <PasswordForm username={user.username} onSignedIn={onProven} />;
    case 'REDIRECT':
      return (
        <Button component="a" href={way.url} variant="default">
          {way.label}
        </Button>
      );
  }
}

function reasonOf(stepUp: Extract<StepUp, { kind: 'PROVE' }>, purpose: string): string {
  const reason = stepUp.stale
    ? `Your last proof is too long ago ${purpose}.`
    : `Your password alone is not enough ${purpose}.`;
  if (stepUp.more === 0) return reason;
  return `${reason} ${String(stepUp.more + 1)} proofs are needed; this is the next one.`;
}
