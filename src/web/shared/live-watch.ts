import { createClient, type Client } from 'graphql-ws';
import { backOffSeconds } from './back-off.js';
import { problemOf, type Problem } from './errors.js';

const PING_EVERY_MS = 30_000;
const PONG_WITHIN_MS = 8_000;
/** A socket that lived this long was no failure; the next loss is the first one again. */
const STEADY_AFTER_MS = 10_000;

export type Connection = 'CONNECTING' | 'LIVE' | 'RECONNECTING';

export interface LiveWatch<Event> {
  readonly url: string;
  /** A subscription with one root field. */
  readonly query: string;
  /** Its variables; `last` is the newest event seen, to resume after. */
  readonly variables: (last: Event | undefined) => Readonly<Record<string, unknown>>;
  /** Takes the event out of the data. */
  readonly eventIn: (data: Readonly<Record<string, unknown>>) => Event;
  /** After such an event nothing more is to come. */
  readonly isLast: (event: Event) => boolean;
  /** Only for callers without a session cookie: a watch token or a device token. */
  readonly connectionParams?: Readonly<Record<string, string>> | undefined;
  readonly onEvent: (event: Event) => void;
  readonly onConnection: (connection: Connection) => void;
  /** The server will not let this viewer watch (any more); the watch has ended. */
  readonly onRefused: (problem: Problem) => void;
}

type Ending = { readonly refused: Problem } | 'COMPLETED' | 'LOST';

/** Follows a subscription until its last event, over as many sockets as it takes. Returns what stops it. */
export function watchLive<Event>(watch: LiveWatch<Event>): () => void {
  const stop = new AbortController();
  void follow(watch, stop.signal);
  return () => {
    stop.abort();
  };
}

async function follow<Event>(watch: LiveWatch<Event>, stop: AbortSignal): Promise<void> {
  let failures = 0;
  let liveSinceMs = Number.POSITIVE_INFINITY;
  const seen: { last: Event | undefined } = { last: undefined };
  const isOver = (): boolean =>
    stop.aborted || (seen.last !== undefined && watch.isLast(seen.last));
  watch.onConnection('CONNECTING');
  while (!isOver()) {
    const ending = await watchOnce({
      ...watch,
      resumeWith: watch.variables(seen.last),
      stop,
      onLive: () => {
        liveSinceMs = performance.now();
        watch.onConnection('LIVE');
      },
      onEvent: (event) => {
        seen.last = event;
        watch.onEvent(event);
      },
    });
    if (isOver()) return;
    if (typeof ending === 'object') {
      watch.onRefused(ending.refused);
      return;
    }
    watch.onConnection('RECONNECTING');
    failures = performance.now() - liveSinceMs > STEADY_AFTER_MS ? 1 : failures + 1;
    await pause(backOffSeconds(failures, chance()) * 1000, stop);
  }
}

interface Attempt<Event> extends LiveWatch<Event> {
  readonly resumeWith: Readonly<Record<string, unknown>>;
  readonly stop: AbortSignal;
  readonly onLive: () => void;
}

/** One socket, from its opening to its end. */
async function watchOnce<Event>(attempt: Attempt<Event>): Promise<Ending> {
  const client = connect(attempt);
  const ending = await new Promise<Ending>((resolve) => {
    const unsubscribe = client.subscribe(
      { query: attempt.query, variables: attempt.resumeWith },
      {
        next: ({ data, errors }) => {
          if (data) attempt.onEvent(attempt.eventIn(data));
          else if (errors) resolve({ refused: problemOf({ graphQLErrors: errors }) });
        },
        error: (reason) => {
          resolve(endingOf(reason));
        },
        complete: () => {
          resolve('COMPLETED');
        },
      },
    );
    attempt.stop.addEventListener('abort', unsubscribe, { once: true });
  });
  await client.dispose();
  return ending;
}

function connect<Event>({ url, connectionParams, onLive }: Attempt<Event>): Client {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url,
    retryAttempts: 0,
    keepAlive: PING_EVERY_MS,
    ...(connectionParams === undefined ? {} : { connectionParams }),
    on: {
      connected: onLive,
      ping: (received) => {
        if (received) return;
        silence = setTimeout(() => {
          client.terminate();
        }, PONG_WITHIN_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      closed: () => {
        clearTimeout(silence);
      },
    },
  });
  return client;
}

/** What graphql-ws reports: a list of GraphQL errors, a CloseEvent, or something that never was a connection. */
function endingOf(reason: unknown): Ending {
  if (Array.isArray(reason)) {
    const problem = problemOf({ graphQLErrors: reason as { extensions?: unknown }[] });
    return problem.code === 'INTERNAL' || problem.code === 'RATE_LIMITED'
      ? 'LOST'
      : { refused: problem };
  }
  const code =
    typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : undefined;
  if (code === 4401) return { refused: { code: 'UNAUTHENTICATED', facts: {} } };
  if (code === 4403) return { refused: { code: 'FORBIDDEN', facts: {} } };
  return 'LOST';
}

function chance(): number {
  return (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) / 255;
}

/** Waits, but not longer than it takes the browser to be back online. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      window.removeEventListener('online', wake);
      stop.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    window.addEventListener('online', wake);
    stop.addEventListener('abort', wake);
  });
}
