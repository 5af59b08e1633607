import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp, type App } from '../../src/app';
import { loadConfig, type Config } from '../../src/config';
import type { StoredMail } from '../../src/platform/delivery/mailbox';
import { createTestDatabase, type TestDatabase } from './database';
import { graphqlOver, type GraphqlCall } from './graphql';
import { mailsIn } from './mails';
import { evidenceFile, noteSecret, testRun } from './run';

export interface TestServer {
  readonly app: App;
  readonly url: string;
  readonly dataDir: string;
  readonly database: TestDatabase;
  readonly graphql: GraphqlCall;
  /** Mails that the server has sent, newest first. */
  mails(): Promise<StoredMail[]>;
  /** Waits for the newest mail to `address` that `fits`. */
  mailTo(address: string, fits?: (mail: StoredMail) => boolean): Promise<StoredMail>;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** Shared with another server; it then stays when this server stops. */
  readonly database?: TestDatabase;
  readonly environment?: Readonly<Record<string, string>>;
  readonly config?: Partial<Config>;
}

const PATIENCE_MS = 45_000;
const PAUSE_MS = 20;

/** A whole server in this process, on a port and a database of its own. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const run = testRun();
  const database = options.database ?? (await createTestDatabase());
  const dataDir = await mkdtemp(join(tmpdir(), 'signet-server-'));
  noteSecret(run.masterKey);
  noteSecret(run.adminPassword);
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.serverUrl,
    MASTER_KEY: run.masterKey,
    ADMIN_PASSWORD: run.adminPassword,
    PKI_URL: 'http://pki.example.org',
    LOG_LEVEL: 'debug',
    LOG_FILE: evidenceFile(`${database.name}.log`),
    ...options.environment,
  });
  const app = await startApp({ ...config, ...options.config });
  const mails = mailsIn(join(dataDir, 'mailbox'));
  return {
    app,
    url: app.url,
    dataDir,
    database,
    graphql: graphqlOver(app.url),
    mails,
    mailTo: (address, fits = () => true) =>
      eventually(async () =>
        (await mails()).find((mail) => mail.to.includes(address) && fits(mail)),
      ),
    stop: async () => {
      await app.stop();
      if (options.database === undefined) await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Asks again until there is an answer. @throws Error when there still is none after a long time */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('It did not come to pass.');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
