import { Alert, Button, Paper, Stack } from '@mantine/core';
import { IconLockExclamation } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { ProblemAlert } from '../../shared/problem-alert.js';
import type { Profile } from '../home/documents.js';
import { deviceNoun } from '../mobile-id/device-text.js';
import { StepUpPanel } from '../step-up/step-up-panel.js';
import type { Offer } from './documents.js';
import { LostContacts } from './lost-contacts.js';
import { isComplete } from './order-choice.js';
import { OrderForm } from './order-form.js';
import { useOrder } from './use-order.js';

interface OrderFlowProps {
  readonly offer: Offer;
  /** The mobile ID that the new one takes the place of. */
  readonly replaced?: Profile;
}

const HERE = {
  NOT_FOUND: 'Something that you chose is not there any more. Reload the page and choose again.',
  INVALID_TRANSITION:
    'The mobile ID that you want to replace is over already. Order a new one without replacing it.',
};

/** The choice, then the proof that the access rules still want, then the order; the choice stays in view throughout. */
export function OrderFlow({ offer, replaced }: OrderFlowProps): ReactElement {
  const order = useOrder(offer, replaced);
  const { choice } = order;
  if (offer.access.outcome === 'FORBIDDEN') {
    return (
      <Alert variant="light" color="yellow" icon={<IconLockExclamation aria-hidden="true" />}>
        You may not order a mobile ID here at the moment. Please ask your administrator if you think
        you should.
      </Alert>
    );
  }
  return (
    <Stack gap="lg">
      <Paper withBorder p="lg" radius="lg" shadow="xs">
        <Stack gap="lg">
          {replaced && (
            <LostContacts
              offer={offer}
              device={deviceNoun(replaced.device)}
              choice={choice}
              onChange={order.change}
            />
          )}
          <OrderForm offer={offer} choice={choice} onChange={order.change} />
        </Stack>
      </Paper>
      <ProblemAlert problem={order.problem} here={HERE} />
      {order.missing.length > 0 ? (
        <StepUpPanel
          key={choice.declaredLost.join(' ')}
          missing={order.missing}
          purpose={replaced ? 'to replace a mobile ID' : 'to order a mobile ID'}
          {...(replaced && { excluded: 'What you replace or have lost' })}
          onProven={order.submit}
        />
      ) : (
        <Button
          size="md"
          loading={order.busy || order.isAsking}
          disabled={!isComplete(choice, offer)}
          onClick={() => void order.submit()}
          style={{ alignSelf: 'flex-start' }}
        >
          {choice.channel === 'SCREEN' ? 'Show QR code' : 'Send QR code'}
        </Button>
      )}
    </Stack>
  );
}
