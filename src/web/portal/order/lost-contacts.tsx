import { Checkbox, Stack } from '@mantine/core';
import type { ReactElement } from 'react';
import type { DeviceNoun } from '../mobile-id/device-text.js';
import type { PortalUser } from '../sign-in/documents.js';
import { useSession } from '../sign-in/session-context.js';
import type { LostContact } from '../step-up/ask-access.js';
import type { Offer } from './documents.js';
import { withLost, type OrderChoice } from './order-choice.js';

interface LostContactsProps {
  readonly offer: Offer;
  readonly device: DeviceNoun;
  readonly choice: OrderChoice;
  readonly onChange: (changed: Partial<OrderChoice>) => void;
}

/** What somebody else may read together with the lost device; whoever has neither address nor number is not asked. */
export function LostContacts({
  offer,
  device,
  choice,
  onChange,
}: LostContactsProps): ReactElement | null {
  const { user } = useSession();
  const contacts = contactsOf(user, device);
  if (contacts.length === 0) return null;
  return (
    <Checkbox.Group
      label="Is anything else in other hands?"
      description="It will not count as a proof of who you are, and no code goes there."
      value={[...choice.declaredLost]}
      onChange={(values: string[]) => {
        const lost = contacts.map(({ contact }) => contact).filter((one) => values.includes(one));
        onChange(withLost(choice, offer.channels, lost));
      }}
    >
      <Stack gap="xs" mt="sm">
        {contacts.map(({ contact, label }) => (
          <Checkbox key={contact} value={contact} label={label} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

interface Contact {
  readonly contact: LostContact;
  readonly label: string;
}

function contactsOf({ phone, email }: PortalUser, device: DeviceNoun): readonly Contact[] {
  return [
    ...(phone === null
      ? []
      : [
          {
            contact: 'PHONE',
            label: `Text messages to ${phone}: the card is in that ${device}`,
          } as const,
        ]),
    ...(email === null
      ? []
      : [{ contact: 'EMAIL', label: `Mail to ${email}: that ${device} opens it` } as const]),
  ];
}
