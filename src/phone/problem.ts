/** What can go wrong on the phone itself; the server's problems arrive as `ServerError`. */
export const PHONE_PROBLEMS = {
  LINK_NOT_UNDERSTOOD: 'This is not a mobile ID link.',
  ALGORITHM_NOT_SUPPORTED: 'The server asks for a kind of key that this phone cannot make.',
  TASK_NOT_SUPPORTED: 'The server asks for something that this phone cannot do yet.',
  NOTHING_PENDING: 'No mobile ID is being made on this phone.',
  NO_MATCHING_MOBILE_ID: 'None of the mobile IDs on this phone may answer this question.',
  NUMBER_NOT_UNDERSTOOD: 'The number has two digits.',
  MESSAGE_NOT_UNDERSTOOD: 'This is not an encrypted message.',
  MESSAGE_NOT_SUPPORTED: 'The message is encrypted in a way that this phone cannot undo.',
  MESSAGE_DAMAGED: 'The message was damaged or changed on its way.',
  NO_MATCHING_KEY: 'None of the keys on this phone opens this message.',
  NO_SUCH_MOBILE_ID: 'This mobile ID is not on this phone.',
  NOT_RENEWABLE: 'This phone has no key to renew this mobile ID with.',
  REPLACED: 'Another mobile ID has taken the place of this one on this phone.',
  RENEWABLE_LATER: 'This mobile ID cannot be renewed yet.',
  ANSWER_REJECTED: 'The certificates that the server sent do not fit the keys on this phone.',
} as const;
export type PhoneProblem = keyof typeof PHONE_PROBLEMS;

export class PhoneError extends Error {
  override readonly name = 'PhoneError';
  constructor(
    readonly code: PhoneProblem,
    /** For the one who looks closer; holds no secret. */
    readonly detail?: string,
    options?: ErrorOptions,
  ) {
    super(PHONE_PROBLEMS[code], options);
  }
}

/** The code of a call that got no answer at all; the server may have done it nevertheless. */
export const NO_ANSWER = 'NO_ANSWER';

export interface ServerErrorOptions extends ErrorOptions {
  readonly serverTime?: Date | undefined;
  readonly ended?: boolean;
}

/** The server refused, or did not answer (`NO_ANSWER`). */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  /** By the clock of the server that refused, where it said so. */
  readonly serverTime: Date | undefined;
  /** The enrolment has come to a final status. */
  readonly ended: boolean;
  constructor(
    readonly code: string,
    message: string,
    /** What the server's error says beside its code. */
    readonly facts: Readonly<Record<string, unknown>> = {},
    { serverTime, ended = false, ...options }: ServerErrorOptions = {},
  ) {
    super(message, options);
    this.serverTime = serverTime;
    this.ended = ended;
  }
}
