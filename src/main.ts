import 'reflect-metadata';
import { startApp, type App } from './app.js';
import { ConfigError, loadConfig } from './config.js';

/** The server as a process of its own: `npm start`. */
async function main(): Promise<void> {
  const app = await startApp(loadConfig(process.env));
  process.stdout.write(greeting(app));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void app.stop().then(() => process.exit(0));
    });
  }
}

function greeting({ url, database, madePassword }: App): string {
  const lines = [`Signet is ready at ${url} (PostgreSQL ${database})`];
  if (madePassword !== null) {
    lines.push(`First administrator: user name admin, password ${madePassword} (shown this once)`);
  }
  return `${lines.join('\n')}\n`;
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError;
  process.stderr.write(
    `${isExpected ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
