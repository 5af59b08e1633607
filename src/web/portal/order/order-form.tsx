import { Checkbox, Group, Input, NativeSelect, Radio, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { KindIcon } from '../../shared/certificate-card.js';
import { KIND_TEXT, type CertificateKind } from '../../shared/certificates.js';
import { useSession } from '../sign-in/session-context.js';
import type { Offer } from './documents.js';
import { EarlierKeys } from './earlier-keys.js';
import {
  channelsLeft,
  validities,
  type DeliveryChannel,
  type OrderChoice,
} from './order-choice.js';

interface OrderFormProps {
  readonly offer: Offer;
  readonly choice: OrderChoice;
  readonly onChange: (changed: Partial<OrderChoice>) => void;
}

export function OrderForm({ offer, choice, onChange }: OrderFormProps): ReactElement {
  const lengths = validities(offer.validityDays);
  return (
    <Stack gap="lg">
      <CertificateChoice offer={offer} choice={choice} onChange={onChange} />
      <EarlierKeys offer={offer} choice={choice} onChange={onChange} />
      <ChannelChoice offer={offer} choice={choice} onChange={onChange} />
      <NativeSelect
        label="Valid for"
        maw={220}
        data={lengths.map(({ days, label }) => ({ value: String(days), label }))}
        value={String(choice.validityDays)}
        onChange={(event) => {
          onChange({ validityDays: Number(event.currentTarget.value) });
        }}
      />
    </Stack>
  );
}

function CertificateChoice({ offer, choice, onChange }: OrderFormProps): ReactElement {
  return (
    <Checkbox.Group
      label="Certificates"
      description="What your mobile ID will be good for."
      error={choice.certificates.length === 0 ? 'Choose at least one.' : undefined}
      value={[...choice.certificates]}
      onChange={(kinds: string[]) => {
        onChange({
          certificates: offer.selectableCertificates.filter((kind) => kinds.includes(kind)),
        });
      }}
    >
      <Stack gap="xs" mt="sm" mb={choice.certificates.length === 0 ? 'xs' : 0}>
        {offer.selectableCertificates.map((kind: CertificateKind) => (
          <Checkbox.Card key={kind} value={kind} p="sm" radius="md">
            <Group wrap="nowrap" gap="sm">
              <Checkbox.Indicator />
              <KindIcon kind={kind} />
              <Stack gap={0}>
                <Text fw={600}>{KIND_TEXT[kind].name}</Text>
                <Text size="sm" c="dimmed">
                  {KIND_TEXT[kind].purpose}
                </Text>
              </Stack>
            </Group>
          </Checkbox.Card>
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function ChannelChoice({ offer, choice, onChange }: OrderFormProps): ReactElement | null {
  const { user } = useSession();
  const channels = channelsLeft(offer.channels, choice.declaredLost);
  if (channels.length === 0) {
    return (
      <Text role="alert" size="sm" c="red">
        No way is left for the code to reach your phone. Please ask your administrator.
      </Text>
    );
  }
  if (channels.length === 1 && offer.channels.length === 1) return null;
  const text: Readonly<Record<DeliveryChannel, string>> = {
    SCREEN: 'Show the QR code on this screen',
    EMAIL: `Send the QR code to ${user.email ?? 'my e-mail address'}`,
    SMS: 'Send the link to my phone',
  };
  return (
    <Radio.Group
      label="How the code reaches your phone"
      value={choice.channel}
      onChange={(value) => {
        const channel = channels.find((one) => one === value);
        if (channel) onChange({ channel });
      }}
    >
      <Stack gap="xs" mt="sm">
        {channels.map((channel) => (
          <Radio key={channel} value={channel} label={text[channel]} />
        ))}
      </Stack>
      {choice.channel === 'EMAIL' && (
        <Input.Description mt="xs">
          Open the mail on another screen than your phone’s, or tap its link on the phone.
        </Input.Description>
      )}
    </Radio.Group>
  );
}
