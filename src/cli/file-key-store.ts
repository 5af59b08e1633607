import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IssuedMobileId } from '../phone/contract.js';
import { importSigningKey, isKeyAlgorithm } from '../phone/key-algorithm.js';
import { MemoryKeyStore, type StoredMobileId } from '../phone/key-store.js';
import { hasCode } from '../platform/system-errors.js';

/** A mobile ID as it stands in the file: with its AUTHENTICATION key, and with no other. */
interface KeptMobileId extends IssuedMobileId {
  readonly serverUrl: string;
  readonly enrolmentId: string;
  readonly storedAt: string;
  readonly key: { readonly algorithm: string; readonly pkcs8: string; readonly spki: string };
}

const FOR_ITS_OWNER = 0o600;

/** Keeps mobile IDs in a file that its owner alone can read, unencrypted: for tests and integrators, not for people. */
export class FileKeyStore extends MemoryKeyStore {
  private constructor(private readonly file: string) {
    super();
  }

  /** @throws Error where the file is there and cannot be read */
  static async open(file: string): Promise<FileKeyStore> {
    const store = new FileKeyStore(file);
    for (const kept of await readKept(file)) await store.remember(await restored(kept));
    return store;
  }

  override async storeMobileId(mobileId: StoredMobileId): Promise<void> {
    await this.remember(mobileId);
    const all = await this.listMobileIds();
    const kept = await Promise.all(all.map(toKeep));
    const text = JSON.stringify(kept.filter((each) => each !== undefined));
    const written = `${this.file}.new`;
    await writeFile(written, text, { mode: FOR_ITS_OWNER });
    await rename(written, this.file);
  }

  private remember(mobileId: StoredMobileId): Promise<void> {
    return super.storeMobileId(mobileId);
  }
}

async function readKept(file: string): Promise<readonly KeptMobileId[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KeptMobileId[];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new Error(`${file} is no file of kept mobile IDs.`, { cause: error });
  }
}

async function toKeep(mobileId: StoredMobileId): Promise<KeptMobileId | undefined> {
  const { keys, storedAt, ...rest } = mobileId;
  const key = keys.find(({ kind }) => kind === 'AUTHENTICATION');
  if (key === undefined) return undefined;
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key.privateKey));
  return {
    ...rest,
    storedAt: storedAt.toISOString(),
    key: {
      algorithm: key.algorithm,
      pkcs8: pkcs8.toString('base64'),
      spki: Buffer.from(key.publicKey).toString('base64'),
    },
  };
}

async function restored({ key, storedAt, ...rest }: KeptMobileId): Promise<StoredMobileId> {
  const { algorithm, pkcs8, spki } = key;
  if (!isKeyAlgorithm(algorithm)) throw new Error('The file holds a key of an unknown kind.');
  const privateKey = await importSigningKey(algorithm, bytesOf(pkcs8));
  const publicKey = bytesOf(spki);
  const own = { kind: 'AUTHENTICATION', algorithm, privateKey, publicKey } as const;
  return { ...rest, storedAt: new Date(storedAt), keys: [own] };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
