import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { Button, Text } from '@mantine/core';
import { IconFingerprint, IconPlus } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useClient, type Client } from 'urql';
import { formatDay, formatMoment } from '../../shared/dates.js';
import { deviceText } from '../../../phone/device-text.js';
import { fieldMessageOf, problemIn, problemOf, type Problem } from '../../shared/errors.js';
import { makePasskey } from '../methods/passkeys.js';
import { ACCOUNT_TEXT } from './account-text.js';
import { AccountSection } from './account-section.js';
import { CredentialCard } from './credential-card.js';
import {
  FINISH_PASSKEY_REGISTRATION,
  REMOVE_PASSKEY,
  START_PASSKEY_REGISTRATION,
  type Passkey,
} from './documents.js';
import { GuardedOutcome } from './guarded-outcome.js';
import { NameForm } from './name-form.js';
import { useGuarded } from './use-guarded.js';

const HERE = {
  ...ACCOUNT_TEXT,
  'CONFLICT/PASSKEY_IN_USE': 'This passkey is in use already.',
  'CONFLICT/TOO_MANY_PASSKEYS': 'You have as many passkeys as you may have. Remove one first.',
  'INVALID_TRANSITION/NO_DOMAIN': 'Passkeys need a server that has a name, not just an address.',
  INVALID_CREDENTIALS: 'The passkey was not accepted. Please try again.',
};

interface PasskeysSectionProps {
  readonly passkeys: readonly Passkey[];
  readonly onChanged: () => void;
}

export function PasskeysSection({ passkeys, onChanged }: PasskeysSectionProps): ReactElement {
  const client = useClient();
  const guarded = useGuarded();
  const [naming, setNaming] = useState(false);
  const change = (call: () => Promise<Problem | undefined>, done: string): void => {
    void guarded.run(async () => {
      const problem = await call();
      if (!problem) {
        setNaming(false);
        onChanged();
      }
      return problem;
    }, done);
  };
  const complaint = fieldMessageOf(guarded.problem, 'name');
  return (
    <AccountSection
      name="passkeys"
      title="Passkeys"
      description="Sign in with your fingerprint, your face or a security key; nothing to remember."
      done={guarded.done}
    >
      {passkeys.map((passkey) => (
        <CredentialCard
          key={passkey.id}
          icon={<IconFingerprint size={20} stroke={1.7} aria-hidden="true" />}
          name={passkey.name}
          badge={passkey.isBackedUp ? 'Synced' : undefined}
          details={[
            `Added on ${formatDay(passkey.createdAt)}`,
            passkey.lastUsedAt === null
              ? 'Not used yet'
              : `Last used ${formatMoment(passkey.lastUsedAt)}`,
          ]}
          action="Remove"
          warning="It will not sign you in any more. Delete it in your device's settings as well."
          busy={guarded.busy}
          onAction={() => {
            change(async () => {
              const { id } = passkey;
              return problemIn(await client.mutation(REMOVE_PASSKEY, { id }).toPromise());
            }, `The passkey ${passkey.name} is removed.`);
          }}
        />
      ))}
      <GuardedOutcome
        guarded={complaint === undefined ? guarded : { ...guarded, problem: undefined }}
        purpose="to change your passkeys"
        here={HERE}
      />
      {naming && !guarded.waiting && (
        <NameForm
          label="Name of the passkey"
          description="So that you know it again, e.g. by the device it is on."
          suggestion={deviceText(navigator.userAgent)}
          submit="Create passkey"
          busy={guarded.busy}
          error={complaint}
          onSubmit={(name) => {
            change(() => registerPasskey(client, name), `The passkey ${name} is added.`);
          }}
          onCancel={() => {
            setNaming(false);
            guarded.giveUp();
          }}
        />
      )}
      {!naming && !guarded.waiting && (
        <AddPasskey
          onClick={() => {
            guarded.giveUp();
            setNaming(true);
          }}
        />
      )}
    </AccountSection>
  );
}

function AddPasskey({ onClick }: { readonly onClick: () => void }): ReactElement {
  if (!browserSupportsWebAuthn()) {
    return <Text size="sm">This browser cannot make passkeys.</Text>;
  }
  return (
    <Button
      variant="default"
      leftSection={<IconPlus size={16} stroke={1.7} aria-hidden="true" />}
      style={{ alignSelf: 'flex-start' }}
      onClick={onClick}
    >
      Add a passkey
    </Button>
  );
}

async function registerPasskey(client: Client, name: string): Promise<Problem | undefined> {
  const { data, error } = await client.mutation(START_PASSKEY_REGISTRATION, {}).toPromise();
  if (!data) return problemOf(error ?? {});
  const { id, options } = data.startPasskeyRegistration;
  const end = await makePasskey(options);
  if ('problem' in end) return end.problem;
  const { response } = end;
  return problemIn(
    await client.mutation(FINISH_PASSKEY_REGISTRATION, { id, name, response }).toPromise(),
  );
}
