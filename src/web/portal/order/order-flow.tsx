import { Alert, Button, Paper, Stack } from '@mantine/core';
import { IconLockExclamation } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { StepUpPanel } from '../step-up/step-up-panel.js';
import type { Offer } from './documents.js';
import { OrderForm } from './order-form.js';
import { useOrder } from './use-order.js';

interface OrderFlowProps {
  readonly offer: Offer;
}

/** The choice, then the proof that the access rules still want, then the order; the choice stays in view throughout. */
export function OrderFlow({ offer }: OrderFlowProps): ReactElement {
  const order = useOrder(offer);
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
        <OrderForm offer={offer} choice={order.choice} onChange={order.change} />
      </Paper>
      <ProblemAlert problem={order.problem} />
      {order.missing.length > 0 ? (
        <StepUpPanel
          missing={order.missing}
          purpose="to order a mobile ID"
          onProven={order.proven}
        />
      ) : (
        <Button
          size="md"
          loading={order.busy}
          disabled={order.choice.certificates.length === 0}
          onClick={() => void order.submit()}
          style={{ alignSelf: 'flex-start' }}
        >
          {order.choice.channel === 'SCREEN' ? 'Show QR code' : 'Send QR code'}
        </Button>
      )}
    </Stack>
  );
}
