import { Stack } from '@mantine/core';
import { IconDeviceMobileCheck } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useClient } from 'urql';
import { problemIn, problemOf, type Problem } from '../../shared/errors.js';
import { ProblemAlert } from '../../shared/problem-alert.js';
import { BeginButton } from './begin-button.js';
import { FINISH_MOBILE_ID_PROOF, START_MOBILE_ID_PROOF, type MobileIdProof } from './documents.js';
import type { MethodProps } from './method-props.js';
import { MobileIdWaiting } from './mobile-id-waiting.js';
import { useProof } from './use-proof.js';

const HERE = {
  INVALID_CREDENTIALS: 'The mobile ID that answered is not yours, or it is not active.',
  CHANNEL_NOT_AVAILABLE: 'You have no active mobile ID that could answer.',
  INVALID_TRANSITION: 'This question is over. Please try again with a new code.',
  NOT_FOUND: 'This question is over. Please try again with a new code.',
};

/** The phone signs for this page, which sees it happen and goes on by itself. Only adds to a session, never opens one. */
export function MobileIdMethod({ alone, onBegin, onProven }: MethodProps): ReactElement {
  const client = useClient();
  const [proof, setProof] = useState<MobileIdProof>();
  const [starting, setStarting] = useState(false);
  const [refusal, setRefusal] = useState<Problem>();
  const { problem, prove } = useProof(onProven);

  const start = async (): Promise<void> => {
    setStarting(true);
    setRefusal(undefined);
    const { data, error } = await client.mutation(START_MOBILE_ID_PROOF, {}).toPromise();
    setStarting(false);
    if (!data) {
      setRefusal(problemOf(error ?? {}));
      return;
    }
    setProof(data.startMobileIdProof);
    onBegin();
  };
  const finish = (id: string): Promise<void> =>
    prove(async () => problemIn(await client.mutation(FINISH_MOBILE_ID_PROOF, { id }).toPromise()));

  return (
    <Stack>
      <ProblemAlert problem={refusal ?? problem} here={HERE} />
      {proof ? (
        <MobileIdWaiting
          key={proof.id}
          proof={proof}
          refused={problem !== undefined}
          starting={starting}
          onAnswered={() => finish(proof.id)}
          onAgain={() => void start()}
        />
      ) : (
        <BeginButton
          icon={<IconDeviceMobileCheck size={18} stroke={1.7} aria-hidden="true" />}
          alone={alone}
          loading={starting}
          onClick={() => void start()}
        >
          Use my mobile ID
        </BeginButton>
      )}
    </Stack>
  );
}
