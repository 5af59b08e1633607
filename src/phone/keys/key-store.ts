import type { MadeRequest } from '../certificate-request.js';
import type { DeviceTask, IssuedMobileId } from '../contract.js';
import type { DecryptionKey } from './decryption-key.js';
import type { DeviceKey } from './device-key.js';
import type { KeyAlgorithm } from './key-algorithm.js';
import type { WrappingKey } from './wrapped-key.js';

/** Kept until the certificates have come: when an answer was lost, the very same is sent again. */
export interface MadeKeys {
  readonly made: readonly MadeRequest[];
  /** For keys that come from the server. */
  readonly wrappingKey?: WrappingKey | undefined;
  readonly serverKeyAlgorithm?: KeyAlgorithm | undefined;
}

/** An enrolment that this phone has claimed and not finished; without keys until they are made. */
export interface PendingEnrolment extends MadeKeys {
  readonly serverUrl: string;
  /** Of the code that was scanned; the code itself is not kept. */
  readonly codeHash: string;
  readonly task: DeviceTask;
}

/** Whether the keys are made, so that the very same requests may be on their way already. */
export function hasKeys({ made, wrappingKey }: MadeKeys): boolean {
  return made.length > 0 || wrappingKey !== undefined;
}

/** A key of this phone. */
export interface StoredKey extends Omit<MadeRequest, 'csr'>, DecryptionKey {}

/** A finished mobile ID with the handles of its keys. */
export interface StoredMobileId extends IssuedMobileId {
  readonly serverUrl: string;
  readonly enrolmentId: string;
  readonly storedAt: Date;
  readonly keys: readonly StoredKey[];
  /** Id of the mobile ID that has taken its place on this phone; its keys still open what was encrypted for it. */
  readonly replacedBy?: string | undefined;
}

/**
 * Marks those of the mobile IDs on a phone whose place another one takes: activated again, the phone has a new mobile ID under the
 * ID that its server has assigned it. What has been replaced itself takes nobody's place.
 * @returns those alone that are marked
 */
export function replacedBy(
  fresh: StoredMobileId,
  stored: readonly StoredMobileId[],
): readonly StoredMobileId[] {
  if (fresh.replacedBy !== undefined) return [];
  return stored
    .filter((earlier) => hasPlaceOf(fresh, earlier))
    .map((earlier) => ({ ...earlier, replacedBy: fresh.profile.id }));
}

/** Another server may say of its IDs what it likes. */
function hasPlaceOf(fresh: StoredMobileId, earlier: StoredMobileId): boolean {
  const assigned = fresh.profile.assignedId?.id;
  return (
    assigned !== undefined &&
    earlier.serverUrl === fresh.serverUrl &&
    earlier.profile.id !== fresh.profile.id &&
    earlier.profile.assignedId?.id === assigned
  );
}

/** A renewal that was begun, and not finished; without keys once the new certificates are stored. */
export interface PendingRenewal extends MadeKeys {
  readonly profileId: string;
  /** Whether only the server does not know yet that the new certificates are here. */
  readonly isStored: boolean;
}

/** What a phone remembers. Each method is one transaction. */
export interface KeyStore {
  loadDeviceKey(): Promise<DeviceKey | undefined>;
  /** Keeps the first key ever saved and answers with the one that is kept. */
  saveDeviceKey(key: DeviceKey): Promise<DeviceKey>;
  loadPending(): Promise<PendingEnrolment | undefined>;
  savePending(pending: PendingEnrolment): Promise<void>;
  clearPending(): Promise<void>;
  /** Stores the mobile ID, marks what it has replaced, and forgets the pending enrolment with it. */
  storeMobileId(mobileId: StoredMobileId): Promise<void>;
  listMobileIds(): Promise<readonly StoredMobileId[]>;
  loadRenewal(profileId: string): Promise<PendingRenewal | undefined>;
  saveRenewal(renewal: PendingRenewal): Promise<void>;
  /** Stores the renewed mobile ID in place of the old one, and how far its renewal has come. */
  storeRenewed(mobileId: StoredMobileId, renewal: PendingRenewal): Promise<void>;
  clearRenewal(profileId: string): Promise<void>;
}

/** Forgets everything with the process: for the terminal, tests and measurements. */
export class MemoryKeyStore implements KeyStore {
  private deviceKey: DeviceKey | undefined;
  private pending: PendingEnrolment | undefined;
  private readonly mobileIds = new Map<string, StoredMobileId>();
  private readonly renewals = new Map<string, PendingRenewal>();

  loadDeviceKey(): Promise<DeviceKey | undefined> {
    return Promise.resolve(this.deviceKey);
  }
  saveDeviceKey(key: DeviceKey): Promise<DeviceKey> {
    this.deviceKey ??= key;
    return Promise.resolve(this.deviceKey);
  }
  loadPending(): Promise<PendingEnrolment | undefined> {
    return Promise.resolve(this.pending);
  }
  savePending(pending: PendingEnrolment): Promise<void> {
    this.pending = pending;
    return Promise.resolve();
  }
  clearPending(): Promise<void> {
    this.pending = undefined;
    return Promise.resolve();
  }
  storeMobileId(mobileId: StoredMobileId): Promise<void> {
    const marked = replacedBy(mobileId, [...this.mobileIds.values()]);
    for (const each of [mobileId, ...marked]) this.mobileIds.set(each.profile.id, each);
    return this.clearPending();
  }
  listMobileIds(): Promise<readonly StoredMobileId[]> {
    return Promise.resolve([...this.mobileIds.values()]);
  }
  loadRenewal(profileId: string): Promise<PendingRenewal | undefined> {
    return Promise.resolve(this.renewals.get(profileId));
  }
  saveRenewal(renewal: PendingRenewal): Promise<void> {
    this.renewals.set(renewal.profileId, renewal);
    return Promise.resolve();
  }
  storeRenewed(mobileId: StoredMobileId, renewal: PendingRenewal): Promise<void> {
    this.mobileIds.set(mobileId.profile.id, mobileId);
    return this.saveRenewal(renewal);
  }
  clearRenewal(profileId: string): Promise<void> {
    this.renewals.delete(profileId);
    return Promise.resolve();
  }
}
