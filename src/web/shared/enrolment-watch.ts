import { stringifyDocument } from 'urql';
import { isFinal, type StatusEvent } from './enrolment-timeline.js';
import { graphql } from './graphql.js';
import { watchLive, type LiveWatch } from './live-watch.js';

const STATUS = stringifyDocument(
  graphql(`
    subscription EnrolmentStatus($enrolmentId: ID!, $after: String) {
      enrolmentStatus(enrolmentId: $enrolmentId, after: $after) {
        cursor
        status
        at
      }
    }
  `),
);

export interface EnrolmentWatch extends Pick<
  LiveWatch<StatusEvent>,
  'url' | 'connectionParams' | 'onEvent' | 'onConnection' | 'onRefused'
> {
  readonly enrolmentId: string;
  /** Cursor of the last event already known. */
  readonly after: string | undefined;
}

/** Follows one enrolment until a final status, over as many sockets as it takes. Returns what stops it. */
export function watchEnrolment({ enrolmentId, after, ...watch }: EnrolmentWatch): () => void {
  return watchLive<StatusEvent>({
    ...watch,
    query: STATUS,
    variables: (last) => ({ enrolmentId, after: last?.cursor ?? after }),
    eventIn: ({ enrolmentStatus }) => enrolmentStatus as StatusEvent,
    isLast: ({ status }) => isFinal(status),
  });
}
