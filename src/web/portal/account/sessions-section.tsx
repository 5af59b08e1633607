import { Button, Skeleton } from '@mantine/core';
import type { ReactElement } from 'react';
import { useClient, useQuery } from 'urql';
import { problemIn, problemOf } from '../../shared/errors.js';
import { Trouble } from '../step-up/trouble.js';
import { useReloadOnReturn } from '../use-reload-on-return.js';
import { AccountSection } from './account-section.js';
import { END_MY_OTHER_SESSIONS, END_MY_SESSION, MY_SESSIONS } from './documents.js';
import { GuardedOutcome } from './guarded-outcome.js';
import { SessionCard } from './session-card.js';
import { useGuarded } from './use-guarded.js';

export function SessionsSection(): ReactElement {
  const client = useClient();
  const guarded = useGuarded();
  const [{ data, error }, reload] = useQuery({ query: MY_SESSIONS });
  useReloadOnReturn(reload);
  const sessions = data?.mySessions;
  const others = sessions?.filter(({ isCurrent }) => !isCurrent) ?? [];

  const end = (id: string): Promise<void> =>
    guarded.run(async () => {
      const problem = problemIn(await client.mutation(END_MY_SESSION, { id }).toPromise());
      reload();
      return problem;
    }, 'That session has ended.');
  const endOthers = (): Promise<void> =>
    guarded.run(async () => {
      const problem = problemIn(await client.mutation(END_MY_OTHER_SESSIONS, {}).toPromise());
      reload();
      return problem;
    }, 'All other sessions have ended.');

  return (
    <AccountSection
      name="sessions"
      title="Where you are signed in"
      description="Do you not know one of them? End it, and change your password."
      done={guarded.done}
    >
      <Trouble
        problem={error && problemOf(error)}
        purpose="to see your sessions"
        onRetry={() => {
          reload();
        }}
      />
      {!sessions && !error && <Skeleton h={90} radius="lg" />}
      {sessions?.map((session) => (
        <SessionCard
          key={session.id}
          session={session}
          busy={guarded.busy}
          onEnd={() => void end(session.id)}
        />
      ))}
      <GuardedOutcome guarded={guarded} purpose="to end sessions" />
      {others.length > 0 && !guarded.waiting && (
        <Button
          variant="default"
          loading={guarded.busy}
          style={{ alignSelf: 'flex-start' }}
          onClick={() => void endOthers()}
        >
          End all other sessions
        </Button>
      )}
    </AccountSection>
  );
}
