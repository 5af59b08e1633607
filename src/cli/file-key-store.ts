import { readFile, rename, writeFile } from 'node:fs/promises';
import type { CertificateKind, IssuedMobileId } from '../phone/contract.js';
import type { DeviceKey } from '../phone/device-key.js';
import { importSigningKey, isForDecryption, isKeyAlgorithm } from '../phone/key-algorithm.js';
import { MemoryKeyStore, type PendingRenewal, type StoredMobileId } from '../phone/key-store.js';
import { hasCode } from '../platform/system-errors.js';

interface KeptKey {
  readonly algorithm: string;
  readonly pkcs8: string;
  readonly spki: string;
}
interface KeptRequest extends KeptKey {
  readonly kind: CertificateKind;
  readonly csr: string;
}

/** A mobile ID as it stands in the file: with its keys for signing, those of the phone, and no others. */
interface KeptMobileId extends IssuedMobileId {
  readonly serverUrl: string;
  readonly enrolmentId: string;
  readonly storedAt: string;
  /** Its AUTHENTICATION key, where it has one. */
  readonly key?: KeptKey | undefined;
  readonly signatureKey?: KeptKey | undefined;
  /** Absent from files of before there were renewals: those mobile IDs cannot be renewed. */
  readonly device?: { readonly pkcs8: string; readonly jwk: DeviceKey['publicJwk'] } | undefined;
  readonly deviceThumbprint?: string | undefined;
  readonly renewal?:
    { readonly made: readonly KeptRequest[]; readonly isStored: boolean } | undefined;
}

type StoredKey = StoredMobileId['keys'][number];

const FOR_ITS_OWNER = 0o600;
const KINDS = [
  ['AUTHENTICATION', 'key'],
  ['SIGNATURE', 'signatureKey'],
] as const;

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
    const made = await Promise.all(
      renewal.made.map(async ({ kind, csr, ...key }) => ({ ...(await opened(kind, key)), csr })),
    );
    await super.saveRenewal({ profileId: kept.profile.id, made, isStored: renewal.isStored });
  }

  /** Into a file of its own first: whatever happens, there is a whole one. */
  private async write(): Promise<void> {
    const all = await this.listMobileIds();
    const kept = await Promise.all(all.map((mobileId) => this.toKeep(mobileId)));
    const written = `${this.file}.new`;
    await writeFile(written, JSON.stringify(kept), { mode: FOR_ITS_OWNER });
    await rename(written, this.file);
  }

  private async toKeep({ keys, storedAt, ...rest }: StoredMobileId): Promise<KeptMobileId> {
    const own = await Promise.all(
      KINDS.map(async ([kind, name]) => {
        const key = keys.find((each) => each.kind === kind);
        return [name, key && (await toKeepKey(key))] as const;
      }),
    );
    const device = await this.loadDeviceKey();
    const renewal = await this.loadRenewal(rest.profile.id);
    return {
      ...rest,
      ...Object.fromEntries(own),
      storedAt: storedAt.toISOString(),
      device: device && {
        pkcs8: await pkcs8Of(device),
        jwk: device.publicJwk,
      },
      deviceThumbprint: device?.thumbprint,
      renewal: renewal && {
        made: await Promise.all(
          renewal.made
            .filter(({ kind }) => !isForDecryption(kind))
            .map(async ({ kind, csr, ...key }) => ({
              kind,
              csr,
              ...(await toKeepKey({ kind, ...key })),
            })),
        ),
        isStored: renewal.isStored,
      },
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

async function restored({
  key,
  signatureKey,
  storedAt,
  ...rest
}: KeptMobileId): Promise<StoredMobileId> {
  const kept = { key, signatureKey };
  const keys: StoredKey[] = [];
  for (const [kind, name] of KINDS) {
    const own = kept[name];
    if (own !== undefined) keys.push(await opened(kind, own));
  }
  return { ...rest, storedAt: new Date(storedAt), keys };
}

async function opened(
  kind: CertificateKind,
  { algorithm, pkcs8, spki }: KeptKey,
): Promise<StoredKey> {
  if (!isKeyAlgorithm(algorithm)) throw new Error('The file holds a key of an unknown kind.');
  const privateKey = await importSigningKey(algorithm, bytesOf(pkcs8));
  return { kind, algorithm, privateKey, publicKey: bytesOf(spki) };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
