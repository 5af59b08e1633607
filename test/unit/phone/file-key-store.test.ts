import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileKeyStore } from '../../../src/cli/phone/file-key-store.js';
import { generateKeyPair, sign, type KeyAlgorithm } from '../../../src/phone/keys/key-algorithm.js';
import type { StoredMobileId } from '../../../src/phone/keys/key-store.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-kept-'));
  file = join(folder, 'phone.json');
});
afterEach(() => rm(folder, { recursive: true }));

async function mobileId(algorithm: KeyAlgorithm) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const keys = [{ kind: 'AUTHENTICATION' as const, algorithm, privateKey, publicKey: spki }];
  const profile = { id: algorithm, certificates: [] } as unknown as StoredMobileId['profile'];
  const storedAt = new Date('2026-01-15T10:00:00.000Z');
  const stored = {
    serverUrl: 'https://id.example',
    enrolmentId: 'e',
    storedAt,
    profile,
    keys,
    chain: [],
  };
  return { stored, publicKey };
}

test.each(['P-256', 'P-384', 'RSA-2048'] as const)(
  'a mobile ID with a %s key signs again after a restart',
  async (algorithm) => {
    const { stored, publicKey } = await mobileId(algorithm);
    await (await FileKeyStore.open(file)).storeMobileId(stored);
    const [found] = await (await FileKeyStore.open(file)).listMobileIds();
    expect(found).toMatchObject({ serverUrl: stored.serverUrl, storedAt: stored.storedAt });
    const data = new Uint8Array([1, 2, 3]);
    const key = found?.keys[0];
    if (key === undefined) throw new Error('The key was not kept.');
    const signature = await sign(algorithm, key.privateKey, data);
    const hash = algorithm === 'P-384' ? 'SHA-384' : 'SHA-256';
    const name = algorithm === 'RSA-2048' ? 'RSASSA-PKCS1-v1_5' : 'ECDSA';
    expect(await crypto.subtle.verify({ name, hash }, publicKey, signature, data)).toBe(true);
  },
);

test('the file is for its owner alone, and a second mobile ID joins the first', async () => {
  const store = await FileKeyStore.open(file);
  await store.storeMobileId((await mobileId('P-256')).stored);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await FileKeyStore.open(file);
  await again.storeMobileId((await mobileId('P-384')).stored);
  expect(await (await FileKeyStore.open(file)).listMobileIds()).toHaveLength(2);
});

test('keys go into no file that somebody else has laid in the way', async () => {
  const trap = join(folder, 'open to all');
  await writeFile(trap, '', { mode: 0o666 });
  await symlink(trap, `${file}.new`);
  await (await FileKeyStore.open(file)).storeMobileId((await mobileId('P-256')).stored);
  expect(await readFile(trap, 'utf8')).toBe('');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a file of something else is left as it is', async () => {
  await writeFile(file, 'my diary');
  await expect(FileKeyStore.open(file)).rejects.toThrow('is no file of kept mobile IDs');
  expect(await readFile(file, 'utf8')).toBe('my diary');
});
