import { checkAnswer } from '../answer-check.js';
import { sameBytes } from '../bytes.js';
import { parseCertificate } from '../certificate.js';
import { inTime } from '../clock.js';
import type { ActivatedMobileId, CertificateKind, RenewalTask } from '../contract.js';
import { makeKeys, toSend, type KeyMakingOptions, type KeyMakingProgress } from '../key-making.js';
import { isForDecryption } from '../keys/key-algorithm.js';
import type { PendingRenewal, StoredMobileId } from '../keys/key-store.js';
import { PhoneError, ServerError } from '../problem.js';
import { receiveKeys } from '../keys/received-keys.js';
import type { RenewalApi } from './renewal-api.js';
import { canProve, proveRenewal, type RenewalSubject } from './renewal-proof.js';
import { untilAnswered } from '../retry.js';

/** What the phone is doing, for whoever shows it. */
export type RenewalProgress =
  | KeyMakingProgress
  | { readonly step: 'RENEWING' }
  | { readonly step: 'RENEWED'; readonly mobileId: StoredMobileId };

/**
 * The phone's part of renewing a mobile ID. Whatever breaks in between, calling `renew` again goes on with the same keys and the
 * same requests; the old keys stay until the new certificates are stored. Fails with `ServerError` or `PhoneError`.
 */
export class Renewer {
  constructor(private readonly options: KeyMakingOptions<RenewalApi, RenewalProgress>) {}

  /**
   * What it takes, and from when on. Uses nothing up. Undefined for one that has no key to prove itself with, or that another
   * one has replaced.
   */
  async look(mobileId: StoredMobileId): Promise<RenewalTask | undefined> {
    if (mobileId.replacedBy !== undefined || !canProve(mobileId)) return undefined;
    return this.proving(mobileId, {}, (proof) => this.options.api.task(proof));
  }

  /** Makes new keys, has them certified, stores them, and lets the old ones go. */
  async renew(profileId: string): Promise<StoredMobileId> {
    const mobileId = await this.stored(profileId);
    if (mobileId === undefined) throw new PhoneError('NO_SUCH_MOBILE_ID');
    if (mobileId.replacedBy !== undefined) throw new PhoneError('REPLACED');
    const pending = await this.options.store.loadRenewal(profileId);
    if (pending?.isStored === true) return this.finish(mobileId);
    const ready = pending ?? (await this.makeKeys(mobileId));
    try {
      const answer = await this.send(mobileId, ready);
      return await this.finish(await this.keep(mobileId, answer, ready));
    } catch (error) {
      await this.forgetWhatCannotGoOn(error, profileId);
      throw error;
    }
  }

  /** Whether a renewal was begun on this phone, and not finished. */
  async isPending(profileId: string): Promise<boolean> {
    return (await this.options.store.loadRenewal(profileId)) !== undefined;
  }

  private async stored(profileId: string): Promise<StoredMobileId | undefined> {
    const { serverUrl, store } = this.options;
    const mobileIds = await store.listMobileIds();
    return mobileIds.find(
      (mobileId) => mobileId.profile.id === profileId && mobileId.serverUrl === serverUrl,
    );
  }

  private async makeKeys(mobileId: StoredMobileId): Promise<PendingRenewal> {
    const task = await this.look(mobileId);
    if (task === undefined) throw new PhoneError('NOT_RENEWABLE');
    const { algorithm, extractableKeys: extractable, now, store } = this.options;
    if (new Date(task.renewableFrom) > now()) {
      throw new PhoneError('RENEWABLE_LATER', `From ${task.renewableFrom.slice(0, 10)} on.`);
    }
    const order = { ...task, commonName: task.accountName };
    const keys = await makeKeys(order, { algorithm, extractable }, (kind, chosen) => {
      this.report({ step: 'MAKING_KEY', kind, algorithm: chosen });
    });
    const ready = { profileId: mobileId.profile.id, ...keys, isStored: false };
    // Stored before they are sent: after a lost answer the very same requests go out again.
    await store.saveRenewal(ready);
    return ready;
  }

  private async send(mobileId: StoredMobileId, ready: PendingRenewal): Promise<ActivatedMobileId> {
    this.report({ step: 'RENEWING' });
    const sent = toSend(ready);
    const answer = await this.proving(mobileId, { sent }, (proof) =>
      this.options.api.renew({ proof, ...sent }),
    );
    const fresh = onlyNew(answer, ready, mobileId);
    await checkAnswer(fresh, ready.made, serverMadeKinds(ready));
    return fresh;
  }

  /** The keys of earlier encryption certificates stay: they open what was encrypted before. */
  private async keep(
    before: StoredMobileId,
    answer: ActivatedMobileId,
    { made, wrappingKey }: PendingRenewal,
  ): Promise<StoredMobileId> {
    const { extractableKeys, now, store } = this.options;
    const { profile, chain } = answer;
    const own = made.map(({ csr: _csr, ...key }) => key);
    const received = await receiveKeys(answer, wrappingKey, extractableKeys);
    const earlier = before.profile.certificates
      .filter(({ kind }) => isForDecryption(kind))
      .map((each) => (each.recovered === true ? each : { ...each, status: 'REVOKED' }));
    const decrypting = before.keys.filter(({ kind }) => isForDecryption(kind));
    const mobileId = {
      ...before,
      chain,
      profile: { ...profile, certificates: [...profile.certificates, ...earlier] },
      keys: [...own, ...received, ...decrypting],
      storedAt: now(),
    };
    await store.storeRenewed(mobileId, { profileId: profile.id, made: [], isStored: true });
    return mobileId;
  }

  /** The new certificates are here: if the server does not hear of it now, it does the next time, or finds out by itself. */
  private async finish(mobileId: StoredMobileId): Promise<StoredMobileId> {
    const { api, store } = this.options;
    const profileId = mobileId.profile.id;
    try {
      await this.proving(mobileId, {}, (proof) => api.acknowledge(proof));
      await store.clearRenewal(profileId);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
    }
    this.report({ step: 'RENEWED', mobileId });
    return mobileId;
  }

  private async proving<T>(
    mobileId: StoredMobileId,
    subject: Pick<RenewalSubject, 'sent'>,
    call: (proof: string) => Promise<T>,
  ): Promise<T> {
    const { now, serverUrl: audience, store } = this.options;
    const device = await store.loadDeviceKey();
    if (device === undefined) throw new PhoneError('NOT_RENEWABLE');
    const callAt = async (issuedAt: Date): Promise<T> =>
      call(await proveRenewal(mobileId, device, { audience, issuedAt, ...subject }));
    return untilAnswered(
      () => inTime(now, callAt),
      (waitMs) => {
        this.report({ step: 'RETRYING', waitMs });
        return this.options.pause(waitMs);
      },
    );
  }

  private async forgetWhatCannotGoOn(error: unknown, profileId: string): Promise<void> {
    const isOver = error instanceof ServerError && FORGOTTEN_AFTER.has(error.code);
    if (isOver) await this.options.store.clearRenewal(profileId);
  }

  private report(progress: RenewalProgress): void {
    this.options.report?.(progress);
  }
}

/** After these the same requests will not be certified; other ones may. */
const FORGOTTEN_AFTER: ReadonlySet<string> = new Set(['CSR_REJECTED', 'CONFLICT']);

/** In the renewals of a phone, only encryption keys are wrapped. */
function serverMadeKinds({ wrappingKey }: PendingRenewal): CertificateKind[] {
  return wrappingKey === undefined ? [] : ['ENCRYPTION'];
}

/** The answer shows the old certificates as well, which are still good, and those that were recovered. */
function onlyNew(
  answer: ActivatedMobileId,
  ready: PendingRenewal,
  before: StoredMobileId,
): ActivatedMobileId {
  const known = new Set(before.profile.certificates.map(({ id }) => id));
  const awaited = serverMadeKinds(ready);
  const certificates = answer.profile.certificates.filter(({ id, kind, pem, recovered }) => {
    if (awaited.includes(kind)) return recovered !== true && !known.has(id);
    const { publicKey } = parseCertificate(pem);
    return ready.made.some((request) => sameBytes(request.publicKey, publicKey));
  });
  return { ...answer, profile: { ...answer.profile, certificates } };
}
