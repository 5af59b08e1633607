import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const DEFAULT_PORT = 4000;

export const DEMO_USAGE = `Signet, played in front of you: database, server, and one mobile ID from order to phone.

  npm run demo -- [--lan] [--once] [--port N] [--data DIR]

  --lan        for a real phone: HTTPS on this machine's address in the local network
  --once       play it, stop the server, exit
  --port N     listen on this port; without it ${String(DEFAULT_PORT)}, or the next free one
  --data DIR   where database, mails and passwords are kept; without it ${join('data', 'demo')}

The server's environment variables, such as PORT and DATA_DIR, do not count here.
`;

export interface DemoOptions {
  readonly lan: boolean;
  readonly once: boolean;
  /** Null: {@link DEFAULT_PORT}, or the next that is free. 0: any. */
  readonly port: number | null;
  readonly dataDir: string;
}

/** What is wrong with the arguments. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): DemoOptions | 'HELP' {
  const { help, lan, once, port, data } = parse(args);
  if (help === true) return 'HELP';
  if (data === '') throw new UsageError('--data needs the name of a folder.');
  return {
    lan: lan === true,
    once: once === true,
    port: port === undefined ? null : readPort(port),
    dataDir: data ?? join('data', 'demo'),
  };
}

interface Values {
  readonly data?: string;
  readonly help?: boolean;
  readonly lan?: boolean;
  readonly once?: boolean;
  readonly port?: string;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        lan: { type: 'boolean' },
        once: { type: 'boolean' },
        port: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    const [reason] = cause instanceof Error ? cause.message.split('. ') : [];
    throw new UsageError(`${reason ?? 'Unreadable arguments'}.`, { cause });
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UsageError('--port must be a whole number from 0 to 65535.');
  }
  return port;
}
