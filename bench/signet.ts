import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyRing } from '../src/kernel/secrets.js';
import { ProcessUnderTest } from './process-under-test.js';

export const ADMIN_PASSWORD = 'only for measuring';
const MAIN = join(__dirname, '..', 'src', 'main.js');

export interface SignetHome {
  readonly dataDir: string;
  readonly masterKey: Buffer;
  readonly caKeyAlgorithm: string;
}

/** A server as `npm start` runs it, with its embedded PostgreSQL unless it is told of another. */
export interface Signet {
  readonly home: SignetHome;
  readonly process: ProcessUnderTest;
  readonly port: number;
  readonly url: string;
  readonly keys: KeyRing;
}

export async function makeHome(caKeyAlgorithm = 'RSA-2048'): Promise<SignetHome> {
  const dataDir = await mkdtemp(join(tmpdir(), 'signet-bench-'));
  return { dataDir, masterKey: randomBytes(32), caKeyAlgorithm };
}

export async function startSignet(home: SignetHome, databaseUrl?: string): Promise<Signet> {
  await mkdir(home.dataDir, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const environment = {
    PORT: String(port),
    PUBLIC_URL: url,
    DATA_DIR: home.dataDir,
    MASTER_KEY: home.masterKey.toString('base64'),
    ADMIN_PASSWORD,
    CA_KEY_ALGORITHM: home.caKeyAlgorithm,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const logFile = join(home.dataDir, 'server.log');
  const readyUrl = `${url}/readyz`;
  const process = await ProcessUnderTest.start(MAIN, { environment, logFile, readyUrl });
  return { home, process, port, url, keys: new KeyRing(home.masterKey) };
}

/** Runs `work` with a server of its own, of which nothing stays. */
export async function withSignet<T>(
  caKeyAlgorithm: string,
  work: (signet: Signet) => Promise<T>,
): Promise<T> {
  const home = await makeHome(caKeyAlgorithm);
  try {
    const signet = await startSignet(home);
    try {
      return await work(signet);
    } finally {
      await signet.process.stop();
    }
  } finally {
    await removeHome(home);
  }
}

export async function removeHome({ dataDir }: SignetHome): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
