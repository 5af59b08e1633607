import { IconDeviceMobileCode } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useClient } from 'urql';
import { problemIn } from '../../shared/errors.js';
import { BeginButton } from './begin-button.js';
import { CodeEntry } from './code-entry.js';
import { VERIFY_TOTP } from './documents.js';
import type { MethodProps } from './method-props.js';

const HERE = {
  INVALID_CREDENTIALS:
    'That code is not right, or it was used already. Wait for the next one and try again.',
};

export function TotpMethod({ alone, onBegin, onProven }: MethodProps): ReactElement {
  const client = useClient();
  const [begun, setBegun] = useState(false);
  if (!begun) {
    return (
      <BeginButton
        icon={<IconDeviceMobileCode size={18} stroke={1.7} aria-hidden="true" />}
        alone={alone}
        onClick={() => {
          setBegun(true);
          onBegin();
        }}
      >
        Use my authenticator app
      </BeginButton>
    );
  }
  return (
    <CodeEntry
      label="Code that your authenticator app shows"
      here={HERE}
      verify={async (code) => problemIn(await client.mutation(VERIFY_TOTP, { code }).toPromise())}
      onProven={onProven}
    />
  );
}
