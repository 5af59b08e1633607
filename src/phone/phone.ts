import { checkAnswer } from './answer-check.js';
import { inTime } from './clock.js';
import type { ActivatedMobileId, CertificateKind, DeviceInput, DeviceTask } from './contract.js';
import { codeHash, makeDeviceKey, proveClaim, type DeviceKey } from './keys/device-key.js';
import { ENDED_CODES, untilEnd, untilConfirmed } from './enrolment-watch.js';
import { makeKeys, toSend, type KeyMakingOptions, type KeyMakingProgress } from './key-making.js';
import {
  hasKeys,
  type MadeKeys,
  type PendingEnrolment,
  type StoredMobileId,
} from './keys/key-store.js';
import { PhoneError, ServerError } from './problem.js';
import { receiveKeys } from './keys/received-keys.js';
import { untilAnswered } from './retry.js';
import type { ServerApi } from './server-api.js';

/** What the phone is doing, for whoever shows it. */
export type Progress =
  | KeyMakingProgress
  | { readonly step: 'CLAIMING' }
  | { readonly step: 'CLAIMED'; readonly task: DeviceTask }
  | { readonly step: 'AWAITING_CONFIRMATION'; readonly code: string | null }
  | { readonly step: 'ACTIVATING' }
  | { readonly step: 'CHECKING' }
  | { readonly step: 'STORED'; readonly mobileId: StoredMobileId };

export interface PhoneOptions extends KeyMakingOptions<ServerApi, Progress> {
  readonly device: DeviceInput;
}

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
    const task = await this.send(() => inTime(now, claimAt));
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
    const { algorithm, extractableKeys: extractable } = this.options;
    const order = { ...task, commonName: task.accountName ?? task.profileName };
    const keys = await makeKeys(order, { algorithm, extractable }, (kind, chosen) => {
      signal?.throwIfAborted();
      this.report({ step: 'MAKING_KEY', kind, algorithm: chosen });
    });
    const ready = { ...pending, ...keys };
    // Stored before they are sent: after a lost answer the very same requests go out again.
    await this.options.store.savePending(ready);
    return ready;
  }

  private async activate(
    ready: PendingEnrolment,
    signal?: AbortSignal,
  ): Promise<ActivatedMobileId> {
    const { task } = ready;
    const input = { deviceToken: task.deviceToken, ...toSend(ready) };
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
    const own = made.map(({ csr: _csr, ...key }) => key);
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
  private async keptFor(task: DeviceTask): Promise<MadeKeys> {
    const pending = await this.pending();
    const same =
      pending?.task.enrolmentId === task.enrolmentId && pending.task.challenge === task.challenge;
    if (!same) return { made: [] };
    const { made, wrappingKey, serverKeyAlgorithm } = pending;
    return { made, wrappingKey, serverKeyAlgorithm };
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
