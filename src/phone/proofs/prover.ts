import type { MobileIdChallenge } from '../contract.js';
import type { KeyStore, StoredMobileId } from '../keys/key-store.js';
import { PhoneError, ServerError } from '../problem.js';
import type { ProofApi } from './proof-api.js';
import { untilAnswered } from '../retry.js';
import { matching, signAnswer } from './signed-answer.js';

export interface ProverOptions {
  /** The server's public URL, as in the link. */
  readonly serverUrl: string;
  readonly api: ProofApi;
  readonly store: Pick<KeyStore, 'listMobileIds'>;
  readonly now: () => Date;
  readonly pause: (ms: number) => Promise<void>;
}

/** A question that this phone can answer. */
export interface OpenQuestion {
  readonly code: string;
  readonly challenge: MobileIdChallenge;
  /** Which of this phone's mobile IDs answers it. */
  readonly mobileId: StoredMobileId;
}

/** A clock this far off may be why an answer was refused; the server allows 60 s. */
const CLOCK_TOLERANCE_MS = 30_000;

/** The phone's part of a proof by mobile ID: `open`, then `answer` or `reject`. Fails with `ServerError` or `PhoneError`. */
export class Prover {
  constructor(private readonly options: ProverOptions) {}

  /** Reads the question; uses nothing up. */
  async open(code: string): Promise<OpenQuestion> {
    const { api, serverUrl, store } = this.options;
    const challenge = await this.send(() => api.challenge(code));
    const stored = await store.listMobileIds();
    const here = stored.filter((mobileId) => mobileId.serverUrl === serverUrl);
    const [mobileId] = await matching(here, challenge);
    if (mobileId === undefined) throw new PhoneError('NO_MATCHING_MOBILE_ID');
    return { code, challenge, mobileId };
  }

  /** Signs the number that the page shows. There is one try. */
  async answer(question: OpenQuestion, number: string): Promise<void> {
    if (!/^\d{2}$/.test(number)) throw new PhoneError('NUMBER_NOT_UNDERSTOOD');
    const answerAt = (issuedAt: Date): Promise<void> => this.answerAt(question, number, issuedAt);
    const { now } = this.options;
    await answerAt(now()).catch((error: unknown) => answerAt(this.correctedTime(error)));
  }

  /** "Not me": the question ends for everyone. */
  async reject(code: string): Promise<void> {
    await this.send(() => this.options.api.reject(code));
  }

  /** Signed once and sent until there is an answer: the server knows a repeated one again. */
  private async answerAt(question: OpenQuestion, number: string, issuedAt: Date): Promise<void> {
    const { api, serverUrl } = this.options;
    const { challenge, code, mobileId } = question;
    const subject = { audience: serverUrl, challenge, number, issuedAt };
    const answer = await signAnswer(mobileId, subject);
    await this.send(() => api.answer({ code, answer }));
  }

  /** The server's time, where the refusal may be due to this phone's clock; else the refusal again. */
  private correctedTime(error: unknown): Date {
    const isRefusal = error instanceof ServerError && error.code === 'DEVICE_PROOF_REJECTED';
    if (isRefusal && error.serverTime !== undefined) {
      const offMs = Math.abs(error.serverTime.getTime() - this.options.now().getTime());
      if (offMs > CLOCK_TOLERANCE_MS) return error.serverTime;
    }
    throw error;
  }

  private send<T>(call: () => Promise<T>): Promise<T> {
    return untilAnswered(call, this.options.pause);
  }
}
