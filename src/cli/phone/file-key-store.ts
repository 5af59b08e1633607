import { open, readFile, rename, rm } from 'node:fs/promises';
import type { CertificateKind, IssuedMobileId } from '../../phone/contract.js';
import { importDecryptionKey } from '../../phone/keys/decryption-key.js';
import type { DeviceKey } from '../../phone/keys/device-key.js';
import {
  importSigningKey,
  isForDecryption,
  isKeyAlgorithm,
  type KeyAlgorithm,
} from '../../phone/keys/key-algorithm.js';
import {
  MemoryKeyStore,
  type PendingRenewal,
  type StoredKey,
  type StoredMobileId,
} from '../../phone/keys/key-store.js';
import { importWrappingKey } from '../../phone/keys/wrapped-key.js';
import { hasCode } from '../../platform/system-errors.js';

interface KeptKey {
  readonly algorithm: string;
  readonly pkcs8: string;
  readonly spki: string;
}

interface KeptRequest extends KeptKey {
  readonly kind: CertificateKind;
  readonly csr: string;
}

interface KeptRenewal {
  readonly made: readonly KeptRequest[];
  readonly wrappingKey?: { readonly pkcs8: string; readonly publicJwk: string } | undefined;
  readonly serverKeyAlgorithm?: string | undefined;
  readonly isStored: boolean;
}

/** A mobile ID as it stands in the file: with its keys, that of the phone, and a renewal that was begun. */
interface KeptMobileId extends IssuedMobileId {
  readonly serverUrl: string;
  readonly enrolmentId: string;
  readonly storedAt: string;
  readonly replacedBy?: string | undefined;
  /** Its AUTHENTICATION key, where it has one. */
  readonly key?: KeptKey | undefined;
  readonly signatureKey?: KeptKey | undefined;
  /** Those that it reads messages with: present and earlier ones. */
  readonly decryptionKeys?: readonly KeptKey[] | undefined;
  /** Absent from files of before there were renewals: those mobile IDs cannot be renewed. */
  readonly device?: { readonly pkcs8: string; readonly jwk: DeviceKey['publicJwk'] } | undefined;
  readonly deviceThumbprint?: string | undefined;
  readonly renewal?: KeptRenewal | undefined;
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
    for (const kept of await readKept(file)) await store.restore(kept);
    return store;
  }

  override async storeMobileId(mobileId: StoredMobileId): Promise<void> {
    await super.storeMobileId(mobileId);
    await this.write();
  }

  override async saveRenewal(renewal: PendingRenewal): Promise<void> {
    await super.saveRenewal(renewal);
    await this.write();
  }

  override async clearRenewal(profileId: string): Promise<void> {
    await super.clearRenewal(profileId);
    await this.write();
  }

  private async restore(kept: KeptMobileId): Promise<void> {
    const { device, deviceThumbprint: thumbprint, renewal, ...mobileId } = kept;
    await super.storeMobileId(await restored(mobileId));
    if (device !== undefined && thumbprint !== undefined) {
      const privateKey = await importSigningKey('P-256', bytesOf(device.pkcs8));
      await this.saveDeviceKey({ privateKey, publicJwk: device.jwk, thumbprint });
    }
    if (renewal === undefined) return;
    await super.saveRenewal({ profileId: kept.profile.id, ...(await restoredRenewal(renewal)) });
  }

  /** Into a file of its own first, and onto the disk: whatever happens, there is a whole one, and nobody else's. */
  private async write(): Promise<void> {
    const all = await this.listMobileIds();
    const kept = await Promise.all(all.map((mobileId) => this.toKeep(mobileId)));
    const written = `${this.file}.new`;
    await rm(written, { force: true });
    const file = await open(written, 'wx', FOR_ITS_OWNER);
    try {
      await file.writeFile(JSON.stringify(kept));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(written, this.file);
  }

  private async toKeep({ keys, storedAt, ...rest }: StoredMobileId): Promise<KeptMobileId> {
    const keep = (wanted: CertificateKind): Promise<KeptKey[]> =>
      Promise.all(keys.filter(({ kind }) => kind === wanted).map(toKeepKey));
    const device = await this.loadDeviceKey();
    const renewal = await this.loadRenewal(rest.profile.id);
    return {
      ...rest,
      storedAt: storedAt.toISOString(),
      key: (await keep('AUTHENTICATION'))[0],
      signatureKey: (await keep('SIGNATURE'))[0],
      decryptionKeys: await keep('ENCRYPTION'),
      device: device && { pkcs8: await pkcs8Of(device), jwk: device.publicJwk },
      deviceThumbprint: device?.thumbprint,
      renewal: renewal && (await toKeepRenewal(renewal)),
    };
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

async function toKeepRenewal({
  made,
  wrappingKey,
  serverKeyAlgorithm,
  isStored,
}: PendingRenewal): Promise<KeptRenewal> {
  const requests = made.map(async ({ csr, ...key }) => ({
    ...(await toKeepKey(key)),
    kind: key.kind,
    csr,
  }));
  return {
    made: await Promise.all(requests),
    wrappingKey: wrappingKey && {
      pkcs8: await pkcs8Of(wrappingKey),
      publicJwk: wrappingKey.publicJwk,
    },
    serverKeyAlgorithm,
    isStored,
  };
}

async function toKeepKey(key: StoredKey): Promise<KeptKey> {
  return {
    algorithm: key.algorithm,
    pkcs8: await pkcs8Of(key),
    spki: Buffer.from(key.publicKey).toString('base64'),
  };
}

async function pkcs8Of({ privateKey }: Pick<StoredKey, 'privateKey'>): Promise<string> {
  return Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
}

async function restored(
  kept: Omit<KeptMobileId, 'device' | 'deviceThumbprint' | 'renewal'>,
): Promise<StoredMobileId> {
  const { key, signatureKey, decryptionKeys = [], storedAt, ...rest } = kept;
  const keys = [
    ...(key === undefined ? [] : [await opened('AUTHENTICATION', key)]),
    ...(signatureKey === undefined ? [] : [await opened('SIGNATURE', signatureKey)]),
    ...(await Promise.all(decryptionKeys.map((each) => opened('ENCRYPTION', each)))),
  ];
  return { ...rest, storedAt: new Date(storedAt), keys };
}

async function restoredRenewal({
  made,
  wrappingKey,
  serverKeyAlgorithm,
  isStored,
}: KeptRenewal): Promise<Omit<PendingRenewal, 'profileId'>> {
  const requests = made.map(async ({ kind, csr, ...key }) => ({
    ...(await opened(kind, key)),
    csr,
  }));
  return {
    made: await Promise.all(requests),
    wrappingKey: wrappingKey && {
      privateKey: await importWrappingKey(bytesOf(wrappingKey.pkcs8)),
      publicJwk: wrappingKey.publicJwk,
    },
    serverKeyAlgorithm: serverKeyAlgorithm === undefined ? undefined : known(serverKeyAlgorithm),
    isStored,
  };
}

async function opened(
  kind: CertificateKind,
  { algorithm: name, pkcs8, spki }: KeptKey,
): Promise<StoredKey> {
  const algorithm = known(name);
  const handles = isForDecryption(kind)
    ? await importDecryptionKey(algorithm, bytesOf(pkcs8), true)
    : { privateKey: await importSigningKey(algorithm, bytesOf(pkcs8)) };
  return { kind, algorithm, ...handles, publicKey: bytesOf(spki) };
}

function known(algorithm: string): KeyAlgorithm {
  if (isKeyAlgorithm(algorithm)) return algorithm;
  throw new Error('The file holds a key of an unknown kind.');
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
