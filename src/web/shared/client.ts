import { Client, fetchExchange, mapExchange } from 'urql';
import { setClockBy } from './clock.js';
import { problemOf } from './errors.js';

interface ClientOptions {
  /** Told when the server no longer knows this browser's session. */
  readonly onSessionEnd: () => void;
}

/**
 * The GraphQL client. The session is an HttpOnly cookie that this code cannot see; nothing is cached, so that nothing
 * of one person is left for the next.
 */
export function createClient({ onSessionEnd }: ClientOptions): Client {
  return new Client({
    url: '/graphql',
    requestPolicy: 'network-only',
    preferGetMethod: false,
    fetchOptions: { credentials: 'same-origin' },
    fetch: fetchWithClock,
    exchanges: [
      mapExchange({
        onError: (error) => {
          if (problemOf(error).code === 'UNAUTHENTICATED') onSessionEnd();
        },
      }),
      fetchExchange,
    ],
  });
}

async function fetchWithClock(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  setClockBy(response.headers.get('date'));
  return response;
}

/** The same endpoint for graphql-ws, on this page's origin. */
export function socketUrl(location: Location): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
}
