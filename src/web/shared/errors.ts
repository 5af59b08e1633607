import { counted } from './countdown.js';

/** What went wrong, as the pages know it: the server's code and facts, or a code of the page's own. */
export interface Problem {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** As urql's CombinedError, a graphql-ws error message and a plain GraphQL answer all have it. */
export interface Failure {
  readonly graphQLErrors?: readonly { readonly extensions?: unknown }[];
  readonly response?: unknown;
}

const SENTENCES: Readonly<Record<string, string>> = {
  OFFLINE: 'We cannot reach the server. Check your connection and try again.',
  UNAUTHENTICATED: 'Your session has ended. Please sign in again.',
  INVALID_CREDENTIALS: 'That is not right. Please check what you entered and try again.',
  INSUFFICIENT_USER_AUTHENTICATION: 'We need one more proof that it is you.',
  FORBIDDEN: 'You may not do this. Please ask your administrator if you think you should.',
  NOT_FOUND: 'This does not exist, or it is not yours to see.',
  INVALID_INPUT: 'Something that was entered is not valid. Please check it.',
  CONFLICT: 'Something else has changed this in the meantime. Reload the page and try again.',
  RATE_LIMITED: 'That was too often. Please wait a little and try again.',
  USER_NOT_ACTIVE: 'Your account is not active. Please ask your administrator.',
  PROVISIONING_DISABLED: 'Mobile IDs cannot be ordered here at the moment.',
  CERTIFICATE_NOT_SELECTABLE: 'One of the certificates you chose is no longer offered.',
  CHANNEL_NOT_AVAILABLE: 'The code cannot be delivered this way. Please choose another one.',
  PROFILE_LIMIT_REACHED: 'You already have as many mobile IDs as you may have.',
  WRONG_PROJECT_MODE: 'This programme does not work that way.',
  CODE_UNKNOWN: 'This code is not known. Please scan the code that is on the screen now.',
  CODE_EXPIRED: 'This code has run out. A new one can be shown.',
  ENROLMENT_EXPIRED: 'This order took longer than it may, and has expired. Please start a new one.',
  ENROLMENT_CANCELLED: 'This order was cancelled.',
  ENROLMENT_SUPERSEDED: 'A newer order has taken the place of this one.',
  ENROLMENT_TAKEN: 'Another phone has already scanned this code.',
  ENROLMENT_COMPLETED: 'This order is already finished.',
  DEVICE_PROOF_REJECTED:
    'The phone could not prove which phone it is. Check its clock and scan again.',
  CONFIRMATION_REQUIRED: 'This phone has to be confirmed first.',
  CONFIRMATION_WRONG: 'That is not the code the phone shows.',
  CSR_REJECTED: 'The keys of this phone were not accepted.',
  ACTIVATION_PAUSED: 'Activation is paused at the moment. Please try again later.',
  ACTIVATION_CODE_ROTATED: 'This activation code was replaced by a newer one.',
  QUOTA_REACHED: 'All mobile IDs of this programme have been given out.',
  ID_RANGE_EXHAUSTED: 'All mobile IDs of this programme have been given out.',
  INVALID_TRANSITION: 'This is no longer possible: the order has moved on.',
  PASSKEY_CANCELLED: 'No passkey was used. Please try again when you are ready.',
  PASSKEY_ALREADY_THERE: 'This device already holds a passkey for your account.',
  PASSKEY_NOT_POSSIBLE: 'Passkeys cannot be used in this browser, or not at this address.',
  DELIVERY_FAILED: 'The message with the code could not be delivered.',
  INTERNAL: 'Something went wrong on our side. Please try again in a moment.',
};

/**
 * The one place where a code becomes what a person reads. Codes this page does not know read as INTERNAL. `here` says
 * it more precisely where a code, or a code and its reason (`CODE/REASON`), has a narrower meaning.
 */
export function sentenceOf(problem: Problem, here: Readonly<Record<string, string>> = {}): string {
  const { reason } = problem.facts;
  const precise = here[`${problem.code}/${String(reason)}`] ?? here[problem.code];
  if (precise !== undefined) return precise;
  if (problem.code === 'RATE_LIMITED') return rateLimitSentence(problem.facts['retryAfterSeconds']);
  if (problem.code === 'CONFIRMATION_WRONG') {
    return `${sentenceOfCode(problem.code)}${attemptsLeft(problem.facts['attemptsLeft'])}`;
  }
  return sentenceOfCode(problem.code);
}

export function sentenceOfCode(code: string): string {
  return SENTENCES[code] ?? SENTENCES['INTERNAL'] ?? code;
}

/** Of an answer that has either data or an error. */
export function problemIn({
  error,
}: {
  readonly error?: Failure | undefined;
}): Problem | undefined {
  return error && problemOf(error);
}

/** What the server says about one input field; undefined where it does not complain about that one. */
export function fieldMessageOf(problem: Problem | undefined, field: string): string | undefined {
  const { fields } = problem?.facts ?? {};
  if (!Array.isArray(fields)) return undefined;
  const complaints: unknown[] = fields;
  const own = complaints.find((one) => isRecord(one) && isPathTo(one['field'], field));
  return isRecord(own) && typeof own['message'] === 'string' ? own['message'] : undefined;
}

function isPathTo(path: unknown, field: string): boolean {
  return typeof path === 'string' && path.split('.').at(-1) === field;
}

/** Without an answer from the server's error exit it is the way there that failed. */
export function problemOf(failure: Failure): Problem {
  for (const { extensions } of failure.graphQLErrors ?? []) {
    if (!isRecord(extensions)) continue;
    const { code, ...facts } = extensions;
    if (typeof code === 'string') return { code, facts };
  }
  if ((failure.graphQLErrors ?? []).length > 0) return { code: 'INTERNAL', facts: {} };
  return problemOfStatus(failure.response);
}

/** Answers that never reached GraphQL (RFC 9457 problem details of the HTTP edge). */
function problemOfStatus(response: unknown): Problem {
  if (!(response instanceof Response)) return { code: 'OFFLINE', facts: {} };
  if (response.status === 429) {
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return { code: 'RATE_LIMITED', facts: { retryAfterSeconds } };
  }
  return { code: response.status >= 500 ? 'OFFLINE' : 'INTERNAL', facts: {} };
}

function rateLimitSentence(retryAfterSeconds: unknown): string {
  if (typeof retryAfterSeconds !== 'number' || !Number.isFinite(retryAfterSeconds)) {
    return sentenceOfCode('RATE_LIMITED');
  }
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  const wait =
    seconds < 90 ? counted(seconds, 'second') : counted(Math.ceil(seconds / 60), 'minute');
  return `That was too often. Please try again in ${wait}.`;
}

function attemptsLeft(left: unknown): string {
  if (typeof left !== 'number') return '';
  return left === 1 ? ' One attempt is left.' : ` ${counted(left, 'attempt')} are left.`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
