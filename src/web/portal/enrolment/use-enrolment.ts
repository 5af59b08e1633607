import { useCallback, useEffect, useReducer, useState } from 'react';
import { useClient } from 'urql';
import { socketUrl } from '../../shared/client.js';
import {
  append,
  EMPTY_TIMELINE,
  isFinal,
  resumeAfter,
  statusOf,
  type StatusEvent,
  type Timeline,
} from '../../shared/enrolment-timeline.js';
import { watchEnrolment } from '../../shared/enrolment-watch.js';
import { problemOf, type Problem } from '../../shared/errors.js';
import type { Connection } from '../../shared/live-watch.js';
import { useSession } from '../sign-in/session-context.js';
import { ENROLMENT, type Enrolment } from './documents.js';

interface State {
  /** Undefined while loading, null where there is none for this viewer. */
  readonly enrolment: Enrolment | null | undefined;
  readonly timeline: Timeline;
  readonly problem: Problem | undefined;
}

type Change =
  | { readonly kind: 'LOADED'; readonly enrolment: Enrolment | null }
  | { readonly kind: 'HAPPENED'; readonly event: StatusEvent }
  | { readonly kind: 'FAILED'; readonly problem: Problem };

const LOADING: State = { enrolment: undefined, timeline: EMPTY_TIMELINE, problem: undefined };

interface EnrolmentHandle extends State {
  readonly connection: Connection;
  /** Asks the server again, and takes the watch up again where it was refused. */
  readonly reload: () => Promise<void>;
}

/** One enrolment as it stands and moves: its history once, then the live stream from there. */
export function useEnrolment(enrolmentId: string): EnrolmentHandle {
  const client = useClient();
  const { notifyEnd } = useSession();
  const [state, change] = useReducer(reduce, LOADING);
  const [connection, setConnection] = useState<Connection>('CONNECTING');
  const [round, setRound] = useState(0);

  const load = useCallback(async (): Promise<Enrolment | undefined> => {
    const { data, error } = await client.query(ENROLMENT, { id: enrolmentId }).toPromise();
    if (error) change({ kind: 'FAILED', problem: problemOf(error) });
    else change({ kind: 'LOADED', enrolment: data?.enrolment ?? null });
    return data?.enrolment ?? undefined;
  }, [client, enrolmentId]);

  useEffect(() => {
    let stopWatch = (): void => undefined;
    let gone = false;
    let lost = false;
    const begin = async (): Promise<void> => {
      const enrolment = await load();
      if (gone || !enrolment || isFinal(enrolment.status)) return;
      stopWatch = watchEnrolment({
        url: socketUrl(location),
        enrolmentId,
        after: resumeAfter({ events: enrolment.events }),
        onConnection: (now) => {
          setConnection(now);
          if (lost && now === 'LIVE') void load();
          lost = now === 'RECONNECTING';
        },
        onEvent: (event) => {
          change({ kind: 'HAPPENED', event });
          void load();
        },
        onRefused: (problem) => {
          if (problem.code === 'UNAUTHENTICATED') notifyEnd();
          else void loadOr(problem);
        },
      });
    };
    const loadOr = async (problem: Problem): Promise<void> => {
      if (await load()) change({ kind: 'FAILED', problem });
    };
    void begin();
    return () => {
      gone = true;
      stopWatch();
    };
  }, [enrolmentId, load, notifyEnd, round]);

  const reload = useCallback(async () => {
    await load();
    if (state.problem) setRound((count) => count + 1);
  }, [load, state.problem]);

  return { ...state, connection, reload };
}

function reduce(state: State, change: Change): State {
  switch (change.kind) {
    case 'FAILED':
      return { ...state, problem: change.problem };
    case 'HAPPENED':
      return { ...state, timeline: append(state.timeline, [change.event]) };
    case 'LOADED':
      return loaded(state, change.enrolment);
  }
}

/** Answers may overtake one another: an older one, with a shorter history, changes nothing. */
function loaded(state: State, enrolment: Enrolment | null): State {
  const known = state.enrolment?.events.length ?? 0;
  if (!enrolment) return { ...state, enrolment, problem: undefined };
  if (enrolment.events.length < known) return state;
  return { enrolment, timeline: append(state.timeline, enrolment.events), problem: undefined };
}

/** The newest status known: the stream is ahead of the query. */
export function currentStatus(enrolment: Enrolment, timeline: Timeline): Enrolment['status'] {
  return statusOf(timeline) ?? enrolment.status;
}
