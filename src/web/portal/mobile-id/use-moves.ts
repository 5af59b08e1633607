import { useState } from 'react';
import { useClient } from 'urql';
import { problemIn, type Problem } from '../../shared/errors.js';
import { useGuarded, type Guarded } from '../account/use-guarded.js';
import { accessProblem } from '../step-up/ask-access.js';
import { REACTIVATE, REVOKE, SUSPEND } from './documents.js';
import { REVOCATIONS, type Move, type WhyRevoked } from './mobile-id-moves.js';

type Guardable = Exclude<Move, 'REPLACE'>;

/** Whose rules have to be met; for reactivating those of ordering, as it gives a phone its keys back. */
const RESOURCES: Readonly<Record<Guardable, string>> = {
  SUSPEND: '/mobile-id/deactivate',
  REACTIVATE: '/mobile-id/get',
  REVOKE: '/mobile-id/revoke',
};
const DONE: Readonly<Record<Guardable, string>> = {
  SUSPEND: 'The mobile ID is suspended. Nobody can use it now.',
  REACTIVATE: 'The mobile ID is active again.',
  REVOKE: 'The mobile ID is revoked for good, and its certificates with it.',
};

export interface Moves {
  readonly guarded: Guarded;
  /** What was begun last. */
  readonly begun: Guardable | undefined;
  readonly suspend: () => void;
  readonly reactivate: () => void;
  readonly revoke: (why: WhyRevoked) => void;
}

/** Moves of one mobile ID by its holder; it proves nothing for any of them itself, so that is asked about first. */
export function useMoves(id: string, onChanged: () => void): Moves {
  const client = useClient();
  const guarded = useGuarded();
  const [begun, setBegun] = useState<Guardable>();
  const move = (what: Guardable, call: () => Promise<Problem | undefined>): void => {
    setBegun(what);
    void guarded.run(async () => {
      const refusal = await accessProblem(client, RESOURCES[what], { replacesProfileId: id });
      const problem = refusal ?? (await call());
      if (problem === undefined || problem.code === 'INVALID_TRANSITION') onChanged();
      return problem;
    }, DONE[what]);
  };
  return {
    guarded,
    begun,
    suspend: () => {
      move('SUSPEND', async () => problemIn(await client.mutation(SUSPEND, { id }).toPromise()));
    },
    reactivate: () => {
      move('REACTIVATE', async () =>
        problemIn(await client.mutation(REACTIVATE, { id }).toPromise()),
      );
    },
    revoke: (why) => {
      const { cause, reason } = REVOCATIONS[why];
      move('REVOKE', async () =>
        problemIn(await client.mutation(REVOKE, { id, cause, reason }).toPromise()),
      );
    },
  };
}
