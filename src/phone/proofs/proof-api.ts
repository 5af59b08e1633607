import type { AnswerMobileIdChallengeInput, MobileIdChallenge } from '../contract.js';
import { callServer, DEFAULT_TIMEOUT_MS, type ConnectionOptions } from '../server-api.js';

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
export function connectForProofs({
  serverUrl,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: ConnectionOptions): ProofApi {
  const call = (
    query: string,
    field: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<unknown> => callServer(`${serverUrl}/graphql`, { query, field, variables }, timeoutMs);
  return {
    challenge: async (code) =>
      (await call(CHALLENGE, 'mobileIdChallenge', { code })) as MobileIdChallenge,
    answer: async (input) => {
      await call(ANSWER, 'answerMobileIdChallenge', { input });
    },
    reject: async (code) => {
      await call(REJECT, 'rejectMobileIdChallenge', { code });
    },
  };
}
