import { IconMessage } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useClient } from 'urql';
import { problemIn } from '../../shared/errors.js';
import { SEND_SMS_CODE, VERIFY_SMS_CODE } from './documents.js';
import type { MethodProps } from './method-props.js';
import { SentCodeForm } from './sent-code-form.js';

const WRONG =
  'That code is not right, or it has run out. Look for the newest message, or send a new code.';

export function SmsCodeMethod({ user, ...method }: MethodProps): ReactElement {
  const client = useClient();
  return (
    <SentCodeForm
      {...method}
      icon={<IconMessage size={18} stroke={1.7} aria-hidden="true" />}
      begin="Text a code to my phone"
      address={user?.phone ?? 'your phone'}
      codeLabel="Code from the text message"
      wrong={WRONG}
      send={async () => problemIn(await client.mutation(SEND_SMS_CODE, {}).toPromise())}
      verify={async (code) =>
        problemIn(await client.mutation(VERIFY_SMS_CODE, { code }).toPromise())
      }
    />
  );
}
