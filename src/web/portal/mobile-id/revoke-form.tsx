import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import type { DeviceNoun } from './device-text.js';
import { REVOCATIONS, WHY_REVOKED, type WhyRevoked } from './mobile-id-moves.js';

interface RevokeFormProps {
  readonly device: DeviceNoun;
  readonly onRevoke: (why: WhyRevoked) => void;
  readonly onKeep: () => void;
}

/** Why, and the last chance to think again: there is no way back from it. */
export function RevokeForm({ device, onRevoke, onKeep }: RevokeFormProps): ReactElement {
  const [why, setWhy] = useState<WhyRevoked>();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (why !== undefined) onRevoke(why);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Radio.Group
          label="Why?"
          value={why ?? null}
          onChange={(value) => {
            setWhy(WHY_REVOKED.find((one) => one === value));
          }}
        >
          <Stack gap="xs" mt="xs">
            {WHY_REVOKED.map((one, index) => (
              <Radio
                key={one}
                {...(index === 0 && { ref: first })}
                value={one}
                label={REVOCATIONS[one].label(device)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Text size="sm">
          This cannot be undone. Its certificates are revoked with it, and whoever relies on them is
          told.
        </Text>
        <Group gap="xs">
          <Button
            type="submit"
            variant="light"
            color="red"
            size="compact-sm"
            disabled={why === undefined}
          >
            Yes, revoke for good
          </Button>
          <Button variant="default" size="compact-sm" onClick={onKeep}>
            Keep
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
