import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { DeviceKey } from '../../phone/keys/device-key.js';
import {
  replacedBy,
  type KeyStore,
  type PendingEnrolment,
  type PendingRenewal,
  type StoredMobileId,
} from '../../phone/keys/key-store.js';

interface PhoneDatabase extends DBSchema {
  device: { key: 'key'; value: DeviceKey };
  /** The enrolment under `pending`, each renewal under its profile's id. */
  pending: { key: string; value: PendingEnrolment | PendingRenewal };
  mobileIds: { key: string; value: StoredMobileId };
  probe: { key: 'probe'; value: CryptoKey };
}

const NAME = 'signet-phone';
const VERSION = 1;

/** What this browser remembers. Keys are stored as handles: their private halves stay with the browser. */
export class IndexedDbKeyStore implements KeyStore {
  private opened: Promise<IDBPDatabase<PhoneDatabase>> | undefined;

  /** Fails where this browser does not keep keys, as some do in private windows. */
  async probe(): Promise<void> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const { privateKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const db = await this.open();
    await db.put('probe', privateKey, 'probe');
    const kept = await db.get('probe', 'probe');
    await db.delete('probe', 'probe');
    if (!(kept instanceof CryptoKey)) throw new Error('The key did not come back.');
  }

  async loadDeviceKey(): Promise<DeviceKey | undefined> {
    return (await this.open()).get('device', 'key');
  }

  async saveDeviceKey(key: DeviceKey): Promise<DeviceKey> {
    const write = (await this.open()).transaction('device', 'readwrite');
    const kept = await write.store.get('key');
    if (kept === undefined) await write.store.put(key, 'key');
    await write.done;
    return kept ?? key;
  }

  async loadPending(): Promise<PendingEnrolment | undefined> {
    return (await (await this.open()).get('pending', 'pending')) as PendingEnrolment | undefined;
  }

  async savePending(pending: PendingEnrolment): Promise<void> {
    await (await this.open()).put('pending', pending, 'pending');
  }

  async clearPending(): Promise<void> {
    await (await this.open()).delete('pending', 'pending');
  }

  async storeMobileId(mobileId: StoredMobileId): Promise<void> {
    const both = ['mobileIds', 'pending'] as const;
    // Strict: told to the person only once it is on the disk.
    const write = (await this.open()).transaction(both, 'readwrite', { durability: 'strict' });
    const mobileIds = write.objectStore('mobileIds');
    const marked = replacedBy(mobileId, await mobileIds.getAll());
    await Promise.all([mobileId, ...marked].map((each) => mobileIds.put(each)));
    await write.objectStore('pending').delete('pending');
    await write.done;
  }

  async loadRenewal(profileId: string): Promise<PendingRenewal | undefined> {
    return (await (await this.open()).get('pending', profileId)) as PendingRenewal | undefined;
  }

  async saveRenewal(renewal: PendingRenewal): Promise<void> {
    const write = (await this.open()).transaction('pending', 'readwrite', { durability: 'strict' });
    await write.store.put(renewal, renewal.profileId);
    await write.done;
  }

  async storeRenewed(mobileId: StoredMobileId, renewal: PendingRenewal): Promise<void> {
    const both = ['mobileIds', 'pending'] as const;
    // Strict: only then the server is told that the old keys may go.
    const write = (await this.open()).transaction(both, 'readwrite', { durability: 'strict' });
    await write.objectStore('mobileIds').put(mobileId);
    await write.objectStore('pending').put(renewal, renewal.profileId);
    await write.done;
  }

  async clearRenewal(profileId: string): Promise<void> {
    await (await this.open()).delete('pending', profileId);
  }

  /** The latest first. */
  async listMobileIds(): Promise<readonly StoredMobileId[]> {
    const all = await (await this.open()).getAll('mobileIds');
    return all.sort((a, b) => b.storedAt.getTime() - a.storedAt.getTime());
  }

  private open(): Promise<IDBPDatabase<PhoneDatabase>> {
    this.opened ??= openDB<PhoneDatabase>(NAME, VERSION, {
      upgrade: (db) => {
        db.createObjectStore('device');
        db.createObjectStore('pending');
        db.createObjectStore('mobileIds', { keyPath: 'profile.id' });
        db.createObjectStore('probe');
      },
    });
    return this.opened;
  }
}
