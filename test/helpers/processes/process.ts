import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredMail } from '../../../src/platform/delivery/mailbox';
import type { TestDatabase } from '../database';
import { makeTemporaryFolder, postmasterPid } from './embedded-postgres';
import { graphqlOver, type GraphqlCall } from '../graphql';
import { mailsIn } from '../mails';
import { evidenceFile, noteSecret, testRun } from '../run';
import { eventually } from '../server';

const MAIN = resolve(__dirname, '../../../dist/src/main.js');
/** Below the ports that systems give to outgoing connections, so that a restarted server finds its own free again. */
const PORTS = [12_000, 30_000] as const;
const PAUSE_MS = 20;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The compiled server with these settings and no others, as a process of its own. */
export class Program {
  private readonly child: ChildProcess;
  private text = '';
  private standing: 'running' | 'gone' = 'running';
  readonly exited: Promise<Exit>;

  constructor(environment: Readonly<Record<string, string>>, evidence: string) {
    this.child = spawn(process.execPath, [MAIN], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => {
      this.text += chunk.toString();
      appendFileSync(evidenceFile(evidence), chunk);
    };
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.standing = 'gone';
      return { code, signal };
    });
  }

  /** All that it has written so far. */
  get output(): string {
    return this.text;
  }

  get isRunning(): boolean {
    return this.standing === 'running';
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Asks it to end, and waits until it has. */
  async terminate(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }
}

export interface SiteOptions {
  /** Shared with other sites. Without it the server has an embedded one. */
  readonly database?: TestDatabase;
  /** Of another site, so that both put their mails into one mailbox. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where one server runs, again and again: its port, its DATA_DIR, its settings. */
export class Site {
  private program: Program | undefined;
  readonly url: string;
  readonly graphql: GraphqlCall;
  /** Mails that it has sent, newest first. */
  readonly mails: () => Promise<StoredMail[]>;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly options: SiteOptions,
  ) {
    const scheme = options.environment?.['TLS_CERT'] === undefined ? 'http' : 'https';
    this.url = `${scheme}://localhost:${String(port)}`;
    this.graphql = graphqlOver(this.url);
    this.mails = mailsIn(join(this.dataDir, 'mailbox'));
  }

  static async prepare(options: SiteOptions = {}): Promise<Site> {
    return new Site(await makeTemporaryFolder(), await freePort(), options);
  }

  static async start(options: SiteOptions = {}): Promise<Site> {
    const site = await Site.prepare(options);
    await site.start();
    return site;
  }

  get dataDir(): string {
    return this.options.dataDir ?? join(this.folder, 'data');
  }

  get environment(): Readonly<Record<string, string>> {
    const { adminPassword, masterKey } = testRun();
    const { database, environment } = this.options;
    return {
      PORT: String(this.port),
      DATA_DIR: this.dataDir,
      ADMIN_PASSWORD: adminPassword,
      ADMIN_EMAIL: 'admin@example.org',
      PKI_URL: 'http://pki.example.org',
      LOG_LEVEL: 'debug',
      ...(database === undefined
        ? {}
        : { DATABASE_URL: database.serverUrl, MASTER_KEY: masterKey }),
      ...environment,
    };
  }

  /** The process that runs now, or ran last. */
  get process(): Program {
    if (this.program === undefined) throw new Error('The server was not started.');
    return this.program;
  }

  /** Starts the server and waits until it says that it is ready. */
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  launch(): Program {
    noteSecret(testRun().masterKey);
    noteSecret(testRun().adminPassword);
    this.program = new Program(this.environment, `process-${String(this.port)}.log`);
    return this.program;
  }

  async ready(): Promise<void> {
    const { process } = this;
    while ((await statusOf(`${this.url}/readyz`)) !== 200) {
      if (!process.isRunning) throw new Error(`The server did not start: ${process.output}`);
      await sleep(PAUSE_MS);
    }
    const key = join(this.dataDir, 'master.key');
    if (existsSync(key)) noteSecret(readFileSync(key, 'utf8').trim());
  }

  mailTo(address: string, fits: (mail: StoredMail) => boolean = () => true): Promise<StoredMail> {
    return eventually(async () =>
      (await this.mails()).find((mail) => mail.to.includes(address) && fits(mail)),
    );
  }

  /** Ends whatever is still running, the database that outlived its server too, and clears the folder away. */
  async remove(): Promise<void> {
    if (this.program?.isRunning === true) await this.program.kill();
    const log = join(this.dataDir, 'postgres.log');
    await endPostgres(this.dataDir);
    if (existsSync(log)) {
      appendFileSync(evidenceFile(`postgres-${String(this.port)}.log`), readFileSync(log));
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** HTTP status of a GET; undefined where there is no answer. Any certificate will do. */
export function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const get = url.startsWith('https:') ? secureRequest : request;
    get(url, { rejectUnauthorized: false, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .on('error', () => {
        resolve(undefined);
      })
      .end();
  });
}

export async function freePort(): Promise<number> {
  return eventually(async () => {
    const port = randomInt(...PORTS);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    if (isFree) await new Promise((resolve) => server.close(resolve));
    return isFree ? port : undefined;
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function endPostgres(dataDir: string): Promise<void> {
  const pid = await postmasterPid(dataDir);
  if (pid === undefined || !isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  await eventually(() => Promise.resolve(isAlive(pid) ? undefined : true));
}
