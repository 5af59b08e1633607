import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from './client.js';

/** One request and its answer. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly client: Client;
  /** The GraphQL operation's name, once it is known. */
  operation: string | null;
}

/** The path alone: a query string may hold what no log should. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
