import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IssuedMobileId } from '../phone/contract.js';
import { importDecryptionKey } from '../phone/decryption-key.js';
import { importSigningKey, isKeyAlgorithm, type KeyAlgorithm } from '../phone/key-algorithm.js';
import { MemoryKeyStore, type StoredKey, type StoredMobileId } from '../phone/key-store.js';
import { hasCode } from '../platform/system-errors.js';

interface KeptKey {
  readonly algorithm: string;
  readonly pkcs8: string;
  readonly spki: string;
}

/** A mobile ID as it stands in the file: with its AUTHENTICATION key, and those that it reads messages with. */
interface KeptMobileId extends IssuedMobileId {
  readonly serverUrl: string;
  readonly enrolmentId: string;
  readonly storedAt: string;
  readonly key?: KeptKey | undefined;
  readonly decryptionKeys?: readonly KeptKey[];
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
  const decryptionKeys = keys.filter(({ kind }) => kind === 'ENCRYPTION');
  if (key === undefined && decryptionKeys.length === 0) return undefined;
  return {
    ...rest,
    storedAt: storedAt.toISOString(),
    key: key && (await exported(key)),
    decryptionKeys: await Promise.all(decryptionKeys.map(exported)),
  };
}

async function exported({ algorithm, privateKey, publicKey }: StoredKey): Promise<KeptKey> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  return {
    algorithm,
    pkcs8: pkcs8.toString('base64'),
    spki: Buffer.from(publicKey).toString('base64'),
  };
}

async function restored(kept: KeptMobileId): Promise<StoredMobileId> {
  const { key, decryptionKeys = [], storedAt, ...rest } = kept;
  const own = key === undefined ? [] : [await authenticationKey(key)];
  const others = await Promise.all(decryptionKeys.map(encryptionKey));
  return { ...rest, storedAt: new Date(storedAt), keys: [...own, ...others] };
}

async function authenticationKey(kept: KeptKey): Promise<StoredKey> {
  const algorithm = algorithmOf(kept);
  const privateKey = await importSigningKey(algorithm, bytesOf(kept.pkcs8));
  return { kind: 'AUTHENTICATION', algorithm, privateKey, publicKey: bytesOf(kept.spki) };
}

async function encryptionKey(kept: KeptKey): Promise<StoredKey> {
  const algorithm = algorithmOf(kept);
  const handles = await importDecryptionKey(algorithm, bytesOf(kept.pkcs8), true);
  return { kind: 'ENCRYPTION', algorithm, ...handles, publicKey: bytesOf(kept.spki) };
}

function algorithmOf({ algorithm }: KeptKey): KeyAlgorithm {
  if (isKeyAlgorithm(algorithm)) return algorithm;
  throw new Error('The file holds a key of an unknown kind.');
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
