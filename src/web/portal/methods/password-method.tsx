import { IconPassword } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { BeginButton } from './begin-button.js';
import type { MethodProps } from './method-props.js';
import { PasswordForm } from './password-form.js';

/** Open at once where it is the only way, and where the password opens the session. */
export function PasswordMethod({ alone, user, onBegin, onProven }: MethodProps): ReactElement {
  const [begun, setBegun] = useState(alone || user === undefined);
  if (begun) return <PasswordForm username={user?.username} onSignedIn={onProven} />;
  return (
    <BeginButton
      icon={<IconPassword size={18} stroke={1.7} aria-hidden="true" />}
      alone={alone}
      onClick={() => {
        setBegun(true);
        onBegin();
      }}
    >
      Enter my password
    </BeginButton>
  );
}
