import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startApp, type App } from '../../app.js';
import { loadConfig, type Config } from '../../config.js';
import { systemClock } from '../../kernel/clock.js';
import { makeDataDir } from '../../platform/data-dir.js';
import { hasCode } from '../../platform/system-errors.js';
import { PublicApi } from './api.js';
import { mailboxFiles, shownMailbox, type Mailbox } from './mails.js';
import { lanAddress, lanCertificate, type LanCertificate } from './lan.js';
import type { DemoOptions } from './options.js';
import { keptPasswords, type Passwords } from './passwords.js';
import { choosePort } from './ports.js';
import { DemoProblem } from './problem.js';

/** The demo's own server, and how it is reached. */
export interface DemoServer {
  readonly app: App;
  readonly api: PublicApi;
  readonly mailbox: Mailbox;
  readonly passwords: Passwords;
  readonly dataDir: string;
  /** Null on this machine only, over plain http. */
  readonly certificate: LanCertificate | null;
  readonly startSeconds: number;
}

export function logFile(dataDir: string): string {
  return join(dataDir, 'server.log');
}

/** Makes the folder with what must be there before a server can start. */
async function prepareFolder(dataDir: string): Promise<void> {
  await makeDataDir(dataDir);
  const log = await open(logFile(dataDir), 'a', 0o600);
  await log.close();
}

/** @throws Error whose message says what to do */
export async function startServer(options: DemoOptions): Promise<DemoServer> {
  const dataDir = resolve(options.dataDir);
  const began = performance.now();
  await prepareFolder(dataDir);
  const passwords = await keptPasswords(dataDir);
  const { config, certificate } = await configure({ ...options, dataDir }, passwords);
  const app = await startApp(config).catch((error: unknown) => {
    throw inDemoWords(error, dataDir);
  });
  const api = new PublicApi(app.url, certificate?.pem ?? null);
  const startSeconds = (performance.now() - began) / 1000;
  const mailbox = config.mail.mailbox ? shownMailbox(api) : mailboxFiles(dataDir);
  return { app, api, mailbox, passwords, dataDir, certificate, startSeconds };
}

/** What the server says to those who set its variables, for those who do not. */
function inDemoWords(error: unknown, dataDir: string): unknown {
  if (hasCode(error, 'EADDRINUSE')) {
    return new DemoProblem('The port was taken a moment ago. Start again.', { cause: error });
  }
  const message = error instanceof Error ? error.message : '';
  const holder = /^Another Signet server, (process \d+)/.exec(message)?.[1];
  if (holder === undefined) return error;
  return new DemoProblem(
    `Another demo, ${holder}, runs on ${dataDir}. End it first, or give this one a folder of its own: npm run demo -- --data DIR`,
    { cause: error },
  );
}

async function configure(
  { lan, port, dataDir, allowedOrigin }: DemoOptions,
  passwords: Passwords,
): Promise<{ config: Config; certificate: LanCertificate | null }> {
  const common = {
    DATA_DIR: dataDir,
    LOG_FILE: logFile(dataDir),
    ADMIN_PASSWORD: passwords.admin,
    ADMIN_EMAIL: 'admin@example.org',
    ALLOWED_ORIGINS: allowedOrigin ?? '',
  };
  if (!lan) {
    const chosen = String(await choosePort(port, '127.0.0.1'));
    return { config: loadConfig({ ...common, PORT: chosen, MAILBOX: '1' }), certificate: null };
  }
  const address = lanAddress();
  const chosen = String(await choosePort(port, '0.0.0.0'));
  const certificate = await lanCertificate(dataDir, address, systemClock);
  const config = loadConfig({
    ...common,
    PORT: chosen,
    HOST: '0.0.0.0',
    PUBLIC_URL: `https://${address}:${chosen}`,
    TLS_CERT: certificate.certFile,
    TLS_KEY: certificate.keyFile,
  });
  return { config, certificate };
}
