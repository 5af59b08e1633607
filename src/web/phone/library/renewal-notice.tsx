import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconCheck, IconRefresh } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { formatDay } from '../../shared/dates.js';
import type { RenewalState } from './renewal-session.js';

interface RenewalNoticeProps {
  readonly state: RenewalState;
  readonly onRenew: () => void;
}

/** Stands below a mobile ID that may be renewed, is being renewed, or was. */
export function RenewalNotice({ state, onRenew }: RenewalNoticeProps): ReactElement {
  return (
    <div role="status" data-renewal={state.name}>
      <Content state={state} onRenew={onRenew} />
    </div>
  );
}

function Content({ state, onRenew }: RenewalNoticeProps): ReactElement {
  switch (state.name) {
    case 'DUE':
    case 'RENEWING':
      return (
        <Stack gap="xs">
          {state.name === 'DUE' && (
            <Text>
              This mobile ID runs out on {formatDay(state.endsAt)}. Renew it now: it stays the same,
              with new keys.
            </Text>
          )}
          <Button
            size="lg"
            fullWidth
            leftSection={<IconRefresh size={20} aria-hidden="true" />}
            loading={state.name === 'RENEWING'}
            onClick={onRenew}
          >
            Renew
          </Button>
        </Stack>
      );
    case 'RENEWED':
      return (
        <Alert icon={<IconCheck aria-hidden="true" />} title="Renewed">
          The new keys are on this phone. You need not do anything else.
        </Alert>
      );
    case 'PROBLEM':
      return (
        <Stack gap="xs">
          <Alert color="orange" title={state.advice.title}>
            {state.advice.next}
          </Alert>
          {state.advice.retry && (
            <Button size="lg" fullWidth variant="light" onClick={onRenew}>
              Try again
            </Button>
          )}
        </Stack>
      );
  }
}
