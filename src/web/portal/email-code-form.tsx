import { Button, Group, Stack, Text } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../shared/errors.js';
import { ProblemAlert } from '../shared/problem-alert.js';
import { SixDigits } from '../shared/six-digits.js';
import { SEND_EMAIL_CODE, VERIFY_EMAIL_CODE } from './documents.js';

interface EmailCodeFormProps {
  readonly label: string;
  /** Where the code goes. */
  readonly address: string | null;
  readonly onProven: () => Promise<void>;
}

const WRONG =
  'That code is not right, or it has run out. Look for the newest mail, or send a new code.';
const HERE = { INVALID_CREDENTIALS: WRONG, CODE_EXPIRED: WRONG, CODE_UNKNOWN: WRONG };

/** A one-time code by e-mail: sent when asked for, then typed in. */
export function EmailCodeForm({ label, address, onProven }: EmailCodeFormProps): ReactElement {
  const [sending, send] = useMutation(SEND_EMAIL_CODE);
  const [verifying, verify] = useMutation(VERIFY_EMAIL_CODE);
  const [sentCodes, setSentCodes] = useState(0);
  const [refusals, setRefusals] = useState(0);
  const [onItsWay, setOnItsWay] = useState(false);
  const busy = verifying.fetching || onItsWay;
  const failure = verifying.error ?? sending.error;

  const sendCode = async (): Promise<void> => {
    const { error } = await send({});
    if (!error) setSentCodes((count) => count + 1);
  };
  const verifyCode = async (code: string): Promise<void> => {
    setOnItsWay(true);
    const { error } = await verify({ code });
    if (error) setRefusals((count) => count + 1);
    else await onProven();
    setOnItsWay(false);
  };

  return (
    <Stack>
      <ProblemAlert
        problem={busy || sending.fetching || !failure ? undefined : problemOf(failure)}
        here={HERE}
      />
      {sentCodes === 0 ? (
        <Button
          leftSection={<IconMail size={18} stroke={1.7} aria-hidden="true" />}
          loading={sending.fetching}
          onClick={() => void sendCode()}
          style={{ alignSelf: 'flex-start' }}
        >
          {label}
        </Button>
      ) : (
        <>
          <Text size="sm" role="status">
            {sentCodes > 1 ? 'We have sent a new code' : 'We have sent a six-digit code'} to{' '}
            <b>{address ?? 'your e-mail address'}</b>. It is good for ten minutes.
          </Text>
          <SixDigits
            label="Code from the mail"
            busy={busy}
            refusals={refusals}
            onComplete={(code) => void verifyCode(code)}
          />
          <Group>
            <Button
              variant="subtle"
              size="compact-sm"
              loading={sending.fetching}
              onClick={() => void sendCode()}
            >
              Send a new code
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}
