import type { Advice } from '../../../phone/advice.js';
import { proofCodeIn } from '../../../phone/link.js';
import { proofAdviceOn } from '../../../phone/proofs/proof-advice.js';
import type { OpenQuestion, Prover } from '../../../phone/proofs/prover.js';
import type { IndexedDbKeyStore } from '../indexed-db-key-store.js';
import { findObstacle, type Obstacle } from '../readiness.js';
import type { ScannedCode } from '../../shared/scanned-code.js';

/** What the page shows while it asks whether it is you; IDLE where there is no question. */
export type ProofScreen =
  | { readonly name: 'IDLE' }
  | { readonly name: 'LOADING' }
  | { readonly name: 'OBSTACLE'; readonly obstacle: Obstacle }
  | { readonly name: 'QUESTION'; readonly question: OpenQuestion; readonly busy: boolean }
  | { readonly name: 'ANSWERED' }
  | { readonly name: 'DECLINED' }
  | { readonly name: 'PROBLEM'; readonly advice: Advice };

export interface ProofParts {
  readonly scanned: Pick<ScannedCode, 'current' | 'forget'>;
  readonly store: IndexedDbKeyStore;
  readonly prover: Prover;
  /** Before anything is asked of the server. */
  readonly obstacleIn?: (store: IndexedDbKeyStore) => Promise<Obstacle | undefined>;
}

/** One question whether it is you: from the scanned code to the signed answer. Nothing is signed before the person has typed. */
export class ProofSession {
  private screen: ProofScreen = { name: 'IDLE' };
  private readonly listeners = new Set<() => void>();
  private retry: () => Promise<void> = () => this.begin();
  /** Counts visits, so that what an earlier one still waits for is not shown in a later one. */
  private visit = 0;

  constructor(private readonly parts: ProofParts) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly current = (): ProofScreen => this.screen;

  /** The code of the question in the scanned link; undefined where it is no such link. */
  code(): string | undefined {
    return proofCodeIn(this.parts.scanned.current() ?? '');
  }

  /** Reads the question and shows it. */
  async begin(): Promise<void> {
    const code = this.code();
    if (code === undefined) {
      this.leave();
      return;
    }
    await this.attempt(
      () => this.begin(),
      async (show) => {
        show({ name: 'LOADING' });
        const { obstacleIn = findObstacle, prover, store } = this.parts;
        const obstacle = await obstacleIn(store);
        if (obstacle !== undefined) show({ name: 'OBSTACLE', obstacle });
        else show({ name: 'QUESTION', question: await prover.open(code), busy: false });
      },
    );
  }

  /** The number that the page shows, as the person typed it. There is one try. */
  async answer(question: OpenQuestion, number: string): Promise<void> {
    await this.attempt(
      () => this.answer(question, number),
      async (show) => {
        show({ name: 'QUESTION', question, busy: true });
        await this.parts.prover.answer(question, number);
        this.parts.scanned.forget();
        show({ name: 'ANSWERED' });
      },
    );
  }

  /** "Not me": the page that asks is told no. */
  async decline({ code }: OpenQuestion): Promise<void> {
    await this.attempt(
      () => this.begin(),
      async (show) => {
        show({ name: 'LOADING' });
        await this.parts.prover.reject(code);
        this.parts.scanned.forget();
        show({ name: 'DECLINED' });
      },
    );
  }

  async tryAgain(): Promise<void> {
    await this.retry();
  }

  leave(): void {
    this.visit += 1;
    this.show({ name: 'IDLE' });
  }

  private async attempt(
    retry: () => Promise<void>,
    step: (show: (screen: ProofScreen) => void) => Promise<void>,
  ): Promise<void> {
    this.visit += 1;
    const { visit } = this;
    const show = (screen: ProofScreen): void => {
      if (visit === this.visit) this.show(screen);
    };
    try {
      await step(show);
    } catch (error) {
      if (visit !== this.visit) return;
      const advice = proofAdviceOn(error);
      this.retry = retry;
      if (!advice.retry) this.parts.scanned.forget();
      show({ name: 'PROBLEM', advice });
    }
  }

  private show(screen: ProofScreen): void {
    this.screen = screen;
    for (const listener of this.listeners) listener();
  }
}
