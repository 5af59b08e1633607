import { join } from 'node:path';
import {
  asksForHelp,
  FLAG,
  readArguments,
  someText,
  UsageError,
  type Option,
} from '../command-line.js';

export const DEFAULT_PORT = 4000;

export const DEMO_USAGE = `Signet, played in front of you: database, server, and one mobile ID from order to phone.

  npm run demo -- [--lan] [--once] [--port N] [--data DIR] [--allow-origin URL]

  --lan               for a real phone: HTTPS on this machine's address in the local network
  --once              play it, stop the server, exit
  --port N            listen on this port; without it ${String(DEFAULT_PORT)}, or the next free one
  --data DIR          where database, mails and passwords are kept; without it ${join('data', 'demo')}
  --allow-origin URL  let pages of this other site call the API, as ALLOWED_ORIGINS does for a server

The server's environment variables, such as PORT and DATA_DIR, do not count here.
`;

export interface DemoOptions {
  readonly lan: boolean;
  readonly once: boolean;
  /** Null: {@link DEFAULT_PORT}, or the next that is free. 0: any. */
  readonly port: number | null;
  readonly dataDir: string;
  /** Another site whose pages may call the API; null: none. */
  readonly allowedOrigin: string | null;
}

const PORT: Option<number> = {
  type: 'string',
  takes: 'a whole number from 0 to 65535',
  read: portIn,
};
const ORIGIN: Option<string> = {
  type: 'string',
  takes: 'an origin, such as http://localhost:4100',
  read: originIn,
};
const OPTIONS = {
  'allow-origin': ORIGIN,
  data: someText('the name of a folder'),
  lan: FLAG,
  once: FLAG,
  port: PORT,
};

/** @throws UsageError */
export function readOptions(args: readonly string[]): DemoOptions | 'HELP' {
  if (asksForHelp(args)) return 'HELP';
  const { words, values } = readArguments(args, OPTIONS);
  if (words.length > 0) throw new UsageError('The demo takes options alone.');
  const { data = join('data', 'demo'), lan = false, once = false, port = null } = values;
  const { 'allow-origin': allowedOrigin = null } = values;
  return { lan, once, port, dataDir: data, allowedOrigin };
}

function portIn(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535 ? port : undefined;
}

function originIn(text: string): string | undefined {
  const isOrigin = /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
  return isOrigin ? text : undefined;
}
