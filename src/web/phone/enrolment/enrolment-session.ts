import { adviceOn, type Advice } from '../../../phone/advice.js';
import { isShared, type DeviceTask } from '../../../phone/contract.js';
import { codeHash } from '../../../phone/keys/device-key.js';
import { isCode } from '../../../phone/link.js';
import {
  hasKeys,
  type PendingEnrolment,
  type StoredMobileId,
} from '../../../phone/keys/key-store.js';
import type { Phone, Progress } from '../../../phone/phone.js';
import { PhoneError } from '../../../phone/problem.js';
import type { IndexedDbKeyStore } from '../indexed-db-key-store.js';
import { askToPersist, findObstacle, type Obstacle } from '../readiness.js';
import type { ScannedCode } from '../../shared/scanned-code.js';

/** What the page shows. */
export type Screen =
  | { readonly name: 'LOADING' }
  | { readonly name: 'OBSTACLE'; readonly obstacle: Obstacle }
  | { readonly name: 'LIBRARY'; readonly mobileIds: readonly StoredMobileId[] }
  | { readonly name: 'INVITED'; readonly busy: boolean }
  | { readonly name: 'TASK'; readonly task: DeviceTask }
  | {
      readonly name: 'WORKING';
      readonly task: DeviceTask;
      readonly progress: Progress | undefined;
      /** Whether the server has the requests: from then on nothing can be called back. */
      readonly sent: boolean;
    }
  | { readonly name: 'DONE'; readonly mobileId: StoredMobileId; readonly persistent: boolean }
  | { readonly name: 'CANCELLED'; readonly isShared: boolean }
  | { readonly name: 'PROBLEM'; readonly advice: Advice };

export interface SessionParts {
  readonly scanned: ScannedCode;
  readonly store: IndexedDbKeyStore;
  readonly makePhone: (report: (progress: Progress) => void) => Promise<Phone>;
  /** Tells the server that the link is open; nothing depends on it. */
  readonly noteOpened: (code: string) => void;
}

/**
 * One visit to the page: from the scanned code, or from where an earlier visit stopped, to the finished mobile ID.
 * Nothing is claimed before the person asks for it.
 */
export class EnrolmentSession {
  private screen: Screen = { name: 'LOADING' };
  private readonly listeners = new Set<() => void>();
  private work = new AbortController();
  private retry: () => Promise<void> = () => this.begin();
  private persistent = false;

  constructor(private readonly parts: SessionParts) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly current = (): Screen => this.screen;

  /** Looks where this phone stands. Also called when another code is scanned into the open page. */
  async begin(): Promise<void> {
    const signal = this.restartWork();
    this.show({ name: 'LOADING' });
    await this.attempt(
      signal,
      () => this.begin(),
      async () => {
        const obstacle = await findObstacle(this.parts.store);
        if (obstacle !== undefined) {
          this.show({ name: 'OBSTACLE', obstacle });
          return;
        }
        await this.open(signal);
      },
    );
  }

  /** The tap that makes the code this phone's own. */
  async claim(): Promise<void> {
    const signal = this.restartWork();
    this.show({ name: 'INVITED', busy: true });
    await this.attempt(
      signal,
      () => this.claim(),
      async () => {
        const code = this.scannedCode();
        if (code === undefined) throw new PhoneError('LINK_NOT_UNDERSTOOD');
        this.persistent = await askToPersist();
        const phone = await this.phone();
        const task = await phone.claim(code);
        if (signal.aborted) return;
        if (await this.isFinishedHere(task)) await this.leaveFinished();
        else this.showTask(task, phone);
      },
    );
  }

  /** Makes the keys and gets the certificates. */
  async complete(): Promise<void> {
    const signal = this.restartWork();
    await this.attempt(
      signal,
      () => this.complete(),
      async () => {
        const phone = await this.phone();
        const pending = await phone.pending();
        if (pending === undefined) throw new PhoneError('NOTHING_PENDING');
        const { task } = pending;
        this.show({ name: 'WORKING', task, progress: undefined, sent: hasKeys(pending) });
        const mobileId = await this.completeOrForget(phone, signal);
        this.parts.scanned.forget();
        this.show({ name: 'DONE', mobileId, persistent: this.persistent });
      },
    );
  }

  /** "Not me": ends the order, here and on the page that shows it. */
  async cancel(): Promise<void> {
    const signal = this.restartWork();
    const isShared = this.isSharedNow();
    this.show({ name: 'LOADING' });
    await this.attempt(
      signal,
      () => this.cancel(),
      async () => {
        await (await this.phone()).cancel();
        this.parts.scanned.forget();
        this.show({ name: 'CANCELLED', isShared });
      },
    );
  }

  async tryAgain(): Promise<void> {
    await this.retry();
  }

  /** Leaves a problem behind and shows what is stored on this phone. */
  async showLibrary(): Promise<void> {
    this.restartWork();
    this.parts.scanned.forget();
    const mobileIds = await this.parts.store.listMobileIds();
    this.show({ name: 'LIBRARY', mobileIds });
  }

  private async open(signal: AbortSignal): Promise<void> {
    const code = this.scannedCode();
    const phone = await this.phone();
    const pending = await phone.pending();
    if (signal.aborted) return;
    if (pending !== undefined && (await isSameCode(pending, code))) {
      this.resume(pending, phone);
      return;
    }
    if (code !== undefined) {
      this.parts.noteOpened(code);
      this.show({ name: 'INVITED', busy: false });
      return;
    }
    await this.showLibrary();
  }

  /** The server lets a phone repeat its claim even after the end: the link was opened once more. */
  private async isFinishedHere({ enrolmentId }: DeviceTask): Promise<boolean> {
    const mobileIds = await this.parts.store.listMobileIds();
    return mobileIds.some((mobileId) => mobileId.enrolmentId === enrolmentId);
  }

  private async leaveFinished(): Promise<void> {
    await this.parts.store.clearPending();
    await this.showLibrary();
  }

  private scannedCode(): string | undefined {
    const code = this.parts.scanned.current();
    if (code === undefined || isCode(code)) return code;
    throw new PhoneError('LINK_NOT_UNDERSTOOD');
  }

  private resume(pending: PendingEnrolment, phone: Phone): void {
    if (hasKeys(pending)) void this.complete();
    else this.showTask(pending.task, phone);
  }

  /** A confirmation code is shown at once and waited for; otherwise the person says when to begin. */
  private showTask(task: DeviceTask, phone: Phone): void {
    if (task.confirmationCode !== null) {
      void this.complete();
      return;
    }
    const signal = this.restartWork();
    this.show({ name: 'TASK', task });
    void this.attempt(
      signal,
      () => this.begin(),
      async () => {
        await phone.watchForEnd(task, signal);
      },
    );
  }

  /** What will fail again the next time is not offered again at the next visit. */
  private async completeOrForget(phone: Phone, signal: AbortSignal): Promise<StoredMobileId> {
    try {
      return await phone.complete(signal);
    } catch (error) {
      if (!signal.aborted && !adviceOn(error).retry) await this.parts.store.clearPending();
      throw error;
    }
  }

  private phone(): Promise<Phone> {
    return this.parts.makePhone((progress) => {
      if (this.screen.name !== 'WORKING') return;
      const sent = this.screen.sent || progress.step === 'ACTIVATING';
      this.show({ ...this.screen, progress, sent });
    });
  }

  private async attempt(
    signal: AbortSignal,
    retry: () => Promise<void>,
    step: () => Promise<void>,
  ): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (signal.aborted) return;
      const advice = adviceOn(error, { isShared: this.isSharedNow() });
      // A watching that breaks off stops nobody from going on with the task.
      if (this.screen.name === 'TASK' && advice.code === 'NO_ANSWER') return;
      this.retry = retry;
      if (!advice.retry) this.parts.scanned.forget();
      this.show({ name: 'PROBLEM', advice });
    }
  }

  /** Whether what is on the screen came by a code that is for all phones. */
  private isSharedNow(): boolean {
    return 'task' in this.screen && isShared(this.screen.task);
  }

  private restartWork(): AbortSignal {
    this.work.abort();
    this.work = new AbortController();
    return this.work.signal;
  }

  private show(screen: Screen): void {
    this.screen = screen;
    for (const listener of this.listeners) listener();
  }
}

/** Without a code in this tab, whatever is pending is what the person came back for. */
async function isSameCode(pending: PendingEnrolment, code: string | undefined): Promise<boolean> {
  return code === undefined || pending.codeHash === (await codeHash(code));
}
