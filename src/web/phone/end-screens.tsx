import { Button, Stack, Text } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { PageTitle } from '../shared/page-title.js';
import { Hero } from './hero.js';

interface EndProps {
  readonly onFinish: () => void;
}

/** The question was answered with yes. */
export function AnsweredScreen({ onFinish }: EndProps): ReactElement {
  return (
    <EndScreen
      isYes
      title="It is you"
      text="The page that asked goes on by itself."
      onFinish={onFinish}
    />
  );
}

/** The question was answered with no. */
export function DeclinedScreen({ onFinish }: EndProps): ReactElement {
  return (
    <EndScreen
      title="You said no"
      text="Nothing was signed, and the page was told. Somebody knows another of your proofs, such as your password: change it, and tell the people who run this service."
      onFinish={onFinish}
    />
  );
}

/** The order was cancelled on this phone. */
export function CancelledScreen({
  isShared,
  onFinish,
}: EndProps & { readonly isShared: boolean }): ReactElement {
  return (
    <EndScreen
      title="Cancelled"
      text={
        isShared
          ? 'Nothing was issued. Scan the code again whenever you like.'
          : 'Nothing was issued. The page with the code says so too. If it was not you who ordered, tell the people who run this service.'
      }
      onFinish={onFinish}
    />
  );
}

interface EndScreenProps extends EndProps {
  readonly isYes?: boolean;
  readonly title: string;
  readonly text: string;
}

function EndScreen({ isYes = false, title, text, onFinish }: EndScreenProps): ReactElement {
  return (
    <Stack gap="xl">
      {isYes ? <Hero icon={IconCheck} /> : <Hero icon={IconX} color="gray" />}
      <Stack gap="xs" ta="center">
        <PageTitle>{title}</PageTitle>
        <Text c="dimmed">{text}</Text>
      </Stack>
      <Button size="lg" fullWidth variant="light" onClick={onFinish}>
        Done
      </Button>
    </Stack>
  );
}
