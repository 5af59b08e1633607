import { IconMail } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useClient } from 'urql';
import { problemIn } from '../../shared/errors.js';
import { SEND_EMAIL_CODE, VERIFY_EMAIL_CODE } from './documents.js';
import type { MethodProps } from './method-props.js';
import { SentCodeForm } from './sent-code-form.js';

const WRONG =
  'That code is not right, or it has run out. Look for the newest mail, or send a new code.';

export function EmailCodeMethod({ user, ...method }: MethodProps): ReactElement {
  const client = useClient();
  return (
    <SentCodeForm
      {...method}
      icon={<IconMail size={18} stroke={1.7} aria-hidden="true" />}
      begin={method.alone ? 'Send me a code' : 'Send me a code by e-mail'}
      address={user?.email ?? 'your e-mail address'}
      codeLabel="Code from the mail"
      wrong={WRONG}
      send={async () => problemIn(await client.mutation(SEND_EMAIL_CODE, {}).toPromise())}
      verify={async (code) =>
        problemIn(await client.mutation(VERIFY_EMAIL_CODE, { code }).toPromise())
      }
    />
  );
}
