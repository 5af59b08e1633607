import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import type { KeyAlgorithm } from '../../src/phone/keys/key-algorithm';
import { MemoryKeyStore, type KeyStore, type StoredMobileId } from '../../src/phone/keys/key-store';
import { Phone } from '../../src/phone/phone';
import { connectToServer } from '../../src/phone/server-api';
import { order } from './cast';
import { codeOf } from './graphql';
import { noteSecret } from './run';
import type { TestServer } from './server';

const run = promisify(execFile);

/** A recovery key of these tests, PEM. */
export function recoveryPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  noteSecret(pem);
  return pem;
}

export const ARCHIVING = {
  recoverEncryptionCertificates: true,
  defaultCertificates: ['AUTHENTICATION', 'ENCRYPTION'],
  maxProfilesPerUser: 50,
} as const;

export interface NewPhone {
  readonly algorithm?: KeyAlgorithm;
  readonly store?: KeyStore;
  readonly extractableKeys?: boolean;
}

/** A phone as it ships, that gets what the user orders. */
export async function enrolPhone(
  server: TestServer,
  token: string,
  input: Readonly<Record<string, unknown>>,
  phone: NewPhone = {},
): Promise<StoredMobileId> {
  const { code } = await order(server, token, input);
  return scan(server, code, phone);
}

export async function scan(
  server: Pick<TestServer, 'url'>,
  code: string,
  { algorithm, store = new MemoryKeyStore(), extractableKeys }: NewPhone = {},
): Promise<StoredMobileId> {
  const phone = new Phone({
    serverUrl: server.url,
    api: connectToServer({ serverUrl: server.url, webSocketImpl: WebSocket }),
    store,
    device: { name: 'Phone of the tests', platform: 'Jest' },
    now: () => new Date(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    algorithm,
    extractableKeys,
  });
  await phone.claim(code);
  return phone.complete();
}

export function encryptionCertificate({ profile }: StoredMobileId): { id: string; pem: string } {
  const found = profile.certificates.find(
    ({ kind, recovered }) => kind === 'ENCRYPTION' && recovered !== true,
  );
  if (found === undefined) throw new Error('There is no encryption certificate.');
  return found;
}

/** What `openssl cms -encrypt` makes of a text, for the holder of the certificate. */
export async function encryptFor(
  pem: string,
  text: string,
  args: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-cms-'));
  const file = (name: string): string => join(folder, name);
  try {
    await writeFile(file('to.pem'), pem);
    await writeFile(file('text'), text);
    const [cipher = '-aes256', ...more] = args;
    const common = ['cms', '-encrypt', '-binary', '-in', file('text'), '-out', file('out'), cipher];
    await run('openssl', [...common, '-recip', file('to.pem'), ...more]);
    return new Uint8Array(await readFile(file('out')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The ids of what a user may bring along into a new mobile ID of the project. */
export async function recoverable(
  server: TestServer,
  token: string,
  projectId: string,
): Promise<string[]> {
  const answer = await server.graphql(
    '{ mobileIdOffers { projectId recoverableCertificates { id recovered } } }',
    {},
    { token },
  );
  if (answer.errors.length > 0) throw new Error(codeOf(answer));
  const offers = answer.data.mobileIdOffers as {
    projectId: string;
    recoverableCertificates: { id: string }[];
  }[];
  const offer = offers.find((one) => one.projectId === projectId);
  return offer?.recoverableCertificates.map(({ id }) => id) ?? [];
}
