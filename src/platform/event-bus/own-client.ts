import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';

/** Connecting may take so long, and no longer: a server that does not answer is asked again. */
const CONNECT_MS = 2000;
const KEEP_ALIVE_MS = 30_000;
const END_MS = 500;

/** A connection outside the pool that can be cut, also where its other end has fallen silent. */
export interface OwnClient {
  readonly client: Client;
  cut(): void;
  /** Says good-bye, where somebody still hears it. */
  end(): Promise<void>;
}

export function ownClient(connection: ClientConfig, applicationName: string): OwnClient {
  const socket = new Socket();
  const client = new Client({
    ...connection,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    stream: () => socket,
  });
  return { client, cut: () => socket.destroy(), end: () => end(client, socket) };
}

async function end(client: Client, socket: Socket): Promise<void> {
  const patience = new AbortController();
  const tooLong = pause(END_MS, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([client.end().catch(() => undefined), tooLong]);
  patience.abort();
  socket.destroy();
}
