import { useEffect, useEffectEvent, useState } from 'react';
import { stringifyDocument } from 'urql';
import { socketUrl } from '../../shared/client.js';
import type { Problem } from '../../shared/errors.js';
import { watchLive, type Connection } from '../../shared/live-watch.js';
import { MOBILE_ID_PROOF, type MobileIdProof, type MobileIdProofEvent } from './documents.js';

const QUERY = stringifyDocument(MOBILE_ID_PROOF);

interface ProofProgress {
  readonly state: MobileIdProof['state'];
  readonly deviceName: string | null;
  readonly connection: Connection;
  readonly problem: Problem | undefined;
}

/** Follows what the phone does with a proof; `onAnswered` once it has signed. */
export function useMobileIdProof(
  { id, state }: Pick<MobileIdProof, 'id' | 'state'>,
  onAnswered: () => Promise<void>,
): ProofProgress {
  const [event, setEvent] = useState<MobileIdProofEvent>({ state, deviceName: null });
  const [connection, setConnection] = useState<Connection>('CONNECTING');
  const [problem, setProblem] = useState<Problem>();
  const follow = useEffectEvent((now: MobileIdProofEvent) => {
    setEvent(now);
    if (now.state === 'ANSWERED') void onAnswered();
  });
  useEffect(
    () =>
      watchLive<MobileIdProofEvent>({
        url: socketUrl(location),
        query: QUERY,
        variables: () => ({ id }),
        eventIn: ({ mobileIdProof }) => mobileIdProof as MobileIdProofEvent,
        isLast: (now) => now.state !== 'WAITING',
        onEvent: (now) => {
          follow(now);
        },
        onConnection: setConnection,
        onRefused: setProblem,
      }),
    [id],
  );
  return { ...event, connection, problem };
}
