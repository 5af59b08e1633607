import { Alert, Group, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconLockExclamation, IconShieldCheck } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState, type ReactElement } from 'react';
import { ProofWays } from '../methods/proof-ways.js';
import { useSession } from '../sign-in/session-context.js';
import { currentPlace } from '../use-route.js';
import { impossibleText, stepUpText } from './step-up-text.js';
import { chooseStepUp, type MissingClause } from './step-up.js';

interface StepUpPanelProps {
  readonly missing: readonly MissingClause[];
  /** What waits for the proof, e.g. "to order a mobile ID". */
  readonly purpose: string;
  /** What proves nothing for it, as the subject of a sentence. */
  readonly excluded?: string;
  /** It answers something the viewer did: keyboard and screen reader go on from here. */
  readonly takesFocus?: boolean;
  readonly onProven: () => Promise<void>;
}

/** Offers just what the access decision still asks for, one proof after the other. */
export function StepUpPanel({
  missing,
  purpose,
  excluded,
  takesFocus = false,
  onProven,
}: StepUpPanelProps): ReactElement | null {
  const { user, isPasswordAlone } = useSession();
  const [given, setGiven] = useState(0);
  const title = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (takesFocus) title.current?.focus();
  }, [takesFocus]);
  const stepUp = chooseStepUp(missing, currentPlace());
  if (stepUp.kind === 'NOTHING') return null;
  if (stepUp.kind === 'IMPOSSIBLE') {
    return (
      <Alert
        variant="light"
        color="yellow"
        role="status"
        icon={<IconLockExclamation aria-hidden="true" />}
        data-step-up="IMPOSSIBLE"
      >
        {impossibleText(stepUp, purpose, excluded)}
      </Alert>
    );
  }
  const proven = async (): Promise<void> => {
    await onProven();
    setGiven((count) => count + 1);
  };
  return (
    <Paper
      withBorder
      p="lg"
      radius="lg"
      component="section"
      aria-labelledby={titleId}
      data-step-up="PROVE"
    >
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={40} radius="md" variant="light" visibleFrom="sm">
          <IconShieldCheck size={22} stroke={1.7} aria-hidden="true" />
        </ThemeIcon>
        <Stack gap="md" style={{ flex: 1, minWidth: 0 }}>
          <Stack gap={2}>
            <Title order={2} id={titleId} ref={title} tabIndex={-1} style={{ outline: 'none' }}>
              Confirm it is you
            </Title>
            <Text c="dimmed">
              {stepUpText(stepUp, { purpose, given, isPasswordAlone, excluded })}
            </Text>
          </Stack>
          <ProofWays key={given} ways={stepUp.ways} user={user} onProven={proven} />
        </Stack>
      </Group>
    </Paper>
  );
}
