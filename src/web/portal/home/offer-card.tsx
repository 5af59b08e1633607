import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconDeviceMobilePlus } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { Offer } from '../order/documents.js';
import { hashOf } from '../route.js';

interface OfferCardProps {
  readonly offer: Offer;
}

export function OfferCard({ offer }: OfferCardProps): ReactElement {
  const { pendingEnrolment: pending } = offer;
  const order = hashOf({ page: 'ORDER', projectId: offer.projectId });
  return (
    <Paper withBorder p="lg" radius="lg" shadow="xs" data-offer={offer.projectId}>
      <Group justify="space-between" gap="md">
        <Stack gap={2} style={{ flex: '1 1 260px' }}>
          <Title order={3}>{offer.name}</Title>
          {offer.instructions !== '' && <Text c="dimmed">{offer.instructions}</Text>}
          {pending && <Text size="sm">You have an order here that is not finished yet.</Text>}
        </Stack>
        {pending ? (
          <Group gap="xs">
            <Button
              component="a"
              href={hashOf({ page: 'ENROLMENT', enrolmentId: pending.id })}
              aria-label={`Continue your order at ${offer.name}`}
            >
              Continue
            </Button>
            <Button
              component="a"
              href={order}
              variant="default"
              aria-label={`Start again at ${offer.name}`}
            >
              Start again
            </Button>
          </Group>
        ) : (
          <Button
            component="a"
            href={order}
            leftSection={<IconDeviceMobilePlus size={18} stroke={1.7} aria-hidden="true" />}
            aria-label={`Get mobile ID at ${offer.name}`}
          >
            Get mobile ID
          </Button>
        )}
      </Group>
    </Paper>
  );
}
