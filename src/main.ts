import 'reflect-metadata';
import { startApp, type App } from './app.js';
import { loadConfig } from './config.js';
import { StartupError } from './kernel/startup-error.js';

/** Whatever holds up the end, a process that was told to end is gone after so long. */
const END_MS = 9500;

/** The server as a process of its own: `npm start`. */
async function main(): Promise<void> {
  const starting = startApp(loadConfig(process.env));
  endAtSignal(starting);
  process.stdout.write(greeting(await starting));
}

/** A signal may come while the server still starts, and more than once: npm repeats the terminal's Ctrl-C. */
function endAtSignal(starting: Promise<App>): void {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(1), END_MS).unref();
    starting
      .then((app) => app.stop())
      .then(() => process.exit(0))
      .catch(fail);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function greeting({ url, database, madePassword }: App): string {
  const lines = [`Signet is ready at ${url} (PostgreSQL ${database})`];
  if (madePassword !== null) {
    lines.push(`First administrator: user name admin, password ${madePassword} (shown this once)`);
  }
  return `${lines.join('\n')}\n`;
}

function fail(error: unknown): never {
  const isExpected = error instanceof StartupError;
  process.stderr.write(
    `${isExpected ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}

main().catch(fail);
