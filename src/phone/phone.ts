import { checkAnswer } from './answer-check.js';
import { makeRequest, type MadeRequest } from './certificate-request.js';
import type { ActivatedMobileId, CertificateKind, DeviceInput, DeviceTask } from './contract.js';
import { codeHash, makeDeviceKey, proveClaim, type DeviceKey } from './keys/device-key.js';
import { ENDED_CODES, untilEnd, untilConfirmed } from './enrolment-watch.js';
import { chooseAlgorithm, type KeyAlgorithm } from './keys/key-algorithm.js';
import {
  hasKeys,
  type KeyStore,
  type PendingEnrolment,
  type StoredMobileId,
} from './keys/key-store.js';
import { PhoneError, ServerError } from './problem.js';
import { receiveKeys } from './keys/received-keys.js';
import { untilAnswered } from './retry.js';
import type { ServerApi } from './server-api.js';
import { makeWrappingKey } from './keys/wrapped-key.js';

/** What the phone is doing, for whoever shows it. */
export type Progress =
  | { readonly step: 'CLAIMING' }
  | { readonly step: 'CLAIMED'; readonly task: DeviceTask }
  | { readonly step: 'AWAITING_CONFIRMATION'; readonly code: string | null }
  | {
      readonly step: 'MAKING_KEY';
      readonly kind: CertificateKind;
      readonly algorithm: KeyAlgorithm;
    }
  | { readonly step: 'ACTIVATING' }
  | { readonly step: 'CHECKING' }
  | { readonly step: 'STORED'; readonly mobileId: StoredMobileId }
  | { readonly step: 'RETRYING'; readonly waitMs: number };

export interface PhoneOptions {
  /** The server's public URL, as in the link. */
  readonly serverUrl: string;
  readonly api: ServerApi;
  readonly store: KeyStore;
  readonly device: DeviceInput;
  readonly now: () => Date;
  readonly pause: (ms: number) => Promise<void>;
  /** Insists on this algorithm; without it, the server's first choice that this phone can make. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** For a store that keeps keys in a file. Without it they cannot leave this phone. */
  readonly extractableKeys?: boolean | undefined;
  readonly report?: ((progress: Progress) => void) | undefined;
}

/** A clock this far off may be why a proof was refused; the server allows 60 s. */
const CLOCK_TOLERANCE_MS = 30_000;

/**
 * The phone's part of one enrolment: `claim`, then `complete`. Whatever breaks in between, calling
 * `complete` again goes on with the same keys and the same requests. Fails with `ServerError` or
 * `PhoneError`.
 */
export class Phone {
  constructor(private readonly options: PhoneOptions) {}

  /** Makes the code this phone's own and tells what is to be made. The same phone may repeat it. */
  async claim(code: string): Promise<DeviceTask> {
    const { api, device, now, serverUrl, store } = this.options;
    this.report({ step: 'CLAIMING' });
    const key = await this.deviceKey();
    const claimAt = async (issuedAt: Date): Promise<DeviceTask> => {
      const proof = await proveClaim(key, { audience: serverUrl, code, issuedAt });
      return api.claimEnrolment({ code, device, proof });
    };
    const task = await this.send(() =>
      claimAt(now()).catch((error: unknown) => claimAt(this.correctedTime(error))),
    );
    const kept = await this.keptFor(task);
    await store.savePending({ serverUrl, codeHash: await codeHash(code), task, ...kept });
    this.report({ step: 'CLAIMED', task });
    return task;
  }

  /** The enrolment that this phone has claimed and may still finish. */
  async pending(): Promise<PendingEnrolment | undefined> {
    const { now, serverUrl, store } = this.options;
    const pending = await store.loadPending();
    if (pending?.serverUrl !== serverUrl) return undefined;
    if (new Date(pending.task.expiresAt) > now()) return pending;
    await store.clearPending();
    return undefined;
  }

  /** Waits for the confirmation where there is one, makes keys, has them certified, stores them. */
  async complete(signal?: AbortSignal): Promise<StoredMobileId> {
    const pending = await this.pending();
    if (pending === undefined) throw new PhoneError('NOTHING_PENDING');
    const stored = await this.alreadyStored(pending);
    if (stored !== undefined) return stored;
    try {
      return await this.completePending(pending, signal);
    } catch (error) {
      await this.forgetWhatCannotGoOn(error, pending);
      throw error;
    }
  }

  /** Rejects as soon as the enrolment has ended without this phone; for a page that shows a task. */
  async watchForEnd(task: DeviceTask, signal?: AbortSignal): Promise<void> {
    try {
      await untilEnd(this.options.api, task, signal);
    } catch (error) {
      if (isEnded(error)) await this.options.store.clearPending();
      throw error;
    }
  }

  /** "Not me": the enrolment ends for everyone. */
  async cancel(): Promise<void> {
    const { api, store } = this.options;
    const pending = await store.loadPending();
    if (pending === undefined) return;
    try {
      await this.send(() => api.cancelEnrolment(pending.task));
    } catch (error) {
      if (!isEnded(error)) throw error;
    }
    await store.clearPending();
  }

  private async completePending(
    pending: PendingEnrolment,
    signal?: AbortSignal,
  ): Promise<StoredMobileId> {
    const { task } = pending;
    if (task.confirmationCode !== null && !hasKeys(pending)) {
      await this.awaitConfirmation(task, signal);
    }
    const ready = hasKeys(pending) ? pending : await this.makeKeys(pending, signal);
    const answer = await this.activate(ready, signal);
    this.report({ step: 'CHECKING' });
    await checkAnswer(answer, ready.made, serverMadeKinds(task));
    const mobileId = await this.keep(answer, ready);
    if (answer.encryptionKeys.length > 0) await this.acknowledge(task);
    this.report({ step: 'STORED', mobileId });
    return mobileId;
  }

  /** The server forgets wrapped keys by itself, too: that it did not hear of this is no failure. */
  private async acknowledge(task: DeviceTask): Promise<void> {
    await this.options.api.acknowledgeActivation(task).catch((error: unknown) => {
      if (!(error instanceof ServerError)) throw error;
    });
  }

  /** The code of a finished enrolment, scanned once more by the phone that has its mobile ID. */
  private async alreadyStored({ task }: PendingEnrolment): Promise<StoredMobileId | undefined> {
    const { store } = this.options;
    const mobileIds = await store.listMobileIds();
    const stored = mobileIds.find(({ enrolmentId }) => enrolmentId === task.enrolmentId);
    if (stored !== undefined) await store.clearPending();
    return stored;
  }

  private async awaitConfirmation(task: DeviceTask, signal?: AbortSignal): Promise<void> {
    this.report({ step: 'AWAITING_CONFIRMATION', code: task.confirmationCode });
    await untilConfirmed(this.options.api, task, signal);
  }

  private async makeKeys(
    pending: PendingEnrolment,
    signal?: AbortSignal,
  ): Promise<PendingEnrolment> {
    const { task } = pending;
    const made: MadeRequest[] = [];
    let serverKeyAlgorithm: KeyAlgorithm | undefined;
    for (const { kind, origin, algorithms } of task.keyRequests) {
      signal?.throwIfAborted();
      const algorithm = chooseAlgorithm(algorithms, this.options.algorithm);
      if (origin === 'SERVER') {
        if (kind !== 'ENCRYPTION') throw new PhoneError('TASK_NOT_SUPPORTED', `${kind}: ${origin}`);
        serverKeyAlgorithm = algorithm;
        continue;
      }
      this.report({ step: 'MAKING_KEY', kind, algorithm });
      const commonName = task.accountName ?? task.profileName;
      const { extractableKeys: extractable } = this.options;
      const { challenge } = task;
      made.push(await makeRequest({ kind, algorithm, commonName, challenge, extractable }));
    }
    const wrappingKey = task.needsWrappingKey ? await makeWrappingKey() : undefined;
    const ready = { ...pending, made, wrappingKey, serverKeyAlgorithm };
    // Stored before they are sent: after a lost answer the very same requests go out again.
    await this.options.store.savePending(ready);
    return ready;
  }

  private async activate(
    { task, made, wrappingKey, serverKeyAlgorithm }: PendingEnrolment,
    signal?: AbortSignal,
  ): Promise<ActivatedMobileId> {
    const input = {
      deviceToken: task.deviceToken,
      requests: made.map(({ kind, csr }) => ({ kind, csr })),
      ...(wrappingKey === undefined ? {} : { wrappingKey: wrappingKey.publicJwk }),
      ...(serverKeyAlgorithm === undefined ? {} : { serverKeyAlgorithm }),
    };
    const call = (): Promise<ActivatedMobileId> => {
      signal?.throwIfAborted();
      this.report({ step: 'ACTIVATING' });
      return this.send(() => this.options.api.activateEnrolment(input));
    };
    try {
      return await call();
    } catch (error) {
      if (!isServerError(error, 'CONFIRMATION_REQUIRED')) throw error;
      await this.awaitConfirmation(task, signal);
      return call();
    }
  }

  private async keep(
    answer: ActivatedMobileId,
    { task: { enrolmentId }, made, wrappingKey }: PendingEnrolment,
  ): Promise<StoredMobileId> {
    const { extractableKeys, now, serverUrl, store } = this.options;
    const own = made.map(({ kind, algorithm, privateKey, otherHashes, publicKey }) => ({
      ...{ kind, algorithm, privateKey, publicKey },
      ...(otherHashes === undefined ? {} : { otherHashes }),
    }));
    const received = await receiveKeys(answer, wrappingKey, extractableKeys);
    const { profile, chain } = answer;
    const keys = [...own, ...received];
    const mobileId = { serverUrl, enrolmentId, storedAt: now(), profile, chain, keys };
    await store.storeMobileId(mobileId);
    return mobileId;
  }

  private async deviceKey(): Promise<DeviceKey> {
    const { extractableKeys: extractable, store } = this.options;
    const key = await store.loadDeviceKey();
    return key ?? store.saveDeviceKey(await makeDeviceKey({ extractable }));
  }

  /** Keys that were already made for this very task. */
  private async keptFor(
    task: DeviceTask,
  ): Promise<Pick<PendingEnrolment, 'made' | 'wrappingKey' | 'serverKeyAlgorithm'>> {
    const pending = await this.pending();
    const same =
      pending?.task.enrolmentId === task.enrolmentId && pending.task.challenge === task.challenge;
    if (!same) return { made: [] };
    const { made, wrappingKey, serverKeyAlgorithm } = pending;
    return { made, wrappingKey, serverKeyAlgorithm };
  }

  /** The server's time, where the refusal may be due to this phone's clock; else the refusal again. */
  private correctedTime(error: unknown): Date {
    if (isServerError(error, 'DEVICE_PROOF_REJECTED') && error.serverTime !== undefined) {
      const offMs = Math.abs(error.serverTime.getTime() - this.options.now().getTime());
      if (offMs > CLOCK_TOLERANCE_MS) return error.serverTime;
    }
    throw error;
  }

  private async forgetWhatCannotGoOn(error: unknown, pending: PendingEnrolment): Promise<void> {
    const { store } = this.options;
    if (isEnded(error)) await store.clearPending();
    if (isServerError(error, 'CSR_REJECTED')) {
      await store.savePending({ ...pending, made: [], wrappingKey: undefined });
    }
  }

  private send<T>(call: () => Promise<T>): Promise<T> {
    const { pause } = this.options;
    return untilAnswered(call, (waitMs) => {
      this.report({ step: 'RETRYING', waitMs });
      return pause(waitMs);
    });
  }

  private report(progress: Progress): void {
    this.options.report?.(progress);
  }
}

function isServerError(error: unknown, code: string): error is ServerError {
  return error instanceof ServerError && error.code === code;
}

function serverMadeKinds({ keyRequests }: DeviceTask): CertificateKind[] {
  return keyRequests.filter(({ origin }) => origin === 'SERVER').map(({ kind }) => kind);
}

function isEnded(error: unknown): boolean {
  return error instanceof ServerError && (error.ended || ENDED_CODES.has(error.code));
}
