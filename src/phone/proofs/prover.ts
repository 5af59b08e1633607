import { inTime } from '../clock.js';
import type { MobileIdChallenge } from '../contract.js';
import type { KeyStore, StoredMobileId } from '../keys/key-store.js';
import { PhoneError } from '../problem.js';
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
    await inTime(this.options.now, (issuedAt) => this.answerAt(question, number, issuedAt));
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

  private send<T>(call: () => Promise<T>): Promise<T> {
    return untilAnswered(call, this.options.pause);
  }
}
