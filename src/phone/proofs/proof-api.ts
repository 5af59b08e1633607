import type { AnswerMobileIdChallengeInput, MobileIdChallenge } from '../contract.js';
import { callerOf, type ConnectionOptions } from '../server-api.js';

/** What a phone asks of the server that wants to know whether it is you. Everything fails with `ServerError`. */
export interface ProofApi {
  challenge(code: string): Promise<MobileIdChallenge>;
  answer(input: AnswerMobileIdChallengeInput): Promise<void>;
  reject(code: string): Promise<void>;
}

const CHALLENGE = `query Challenge($code: String!) {
  mobileIdChallenge(code: $code) { id nonce displayName address userAgent hints expiresAt }
}`;
const ANSWER = `mutation Answer($input: AnswerMobileIdChallengeInput!) {
  answerMobileIdChallenge(input: $input)
}`;
const REJECT = `mutation Reject($code: String!) { rejectMobileIdChallenge(code: $code) }`;

/** The server over GraphQL. */
export function connectForProofs(options: ConnectionOptions): ProofApi {
  const call = callerOf(options);
  return {
    challenge: async (code) =>
      (await call({
        query: CHALLENGE,
        field: 'mobileIdChallenge',
        variables: { code },
      })) as MobileIdChallenge,
    answer: async (input) => {
      await call({ query: ANSWER, field: 'answerMobileIdChallenge', variables: { input } });
    },
    reject: async (code) => {
      await call({ query: REJECT, field: 'rejectMobileIdChallenge', variables: { code } });
    },
  };
}
