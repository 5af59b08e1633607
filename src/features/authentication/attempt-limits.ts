import type { AuthenticationMethod } from '../../kernel/actor.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** So many attempts that were not right within a window lock for a time. */
export interface AttemptLimit {
  readonly max: number;
  readonly windowSeconds: number;
  /** Of the first lock; each further one lasts twice as long as the one before, up to the longest. */
  readonly lockSeconds: number;
  readonly longestLockSeconds: number;
}

/** For what only somebody in a session of the user can try: growing, so that weeks of trying bring little. */
const growing = (max: number): AttemptLimit => ({
  max,
  windowSeconds: DAY,
  lockSeconds: 15 * MINUTE,
  longestLockSeconds: DAY,
});
/** For what strangers can try: never longer than this, as it is the owner whom it keeps out. */
const steady = (max: number): AttemptLimit => ({
  max,
  windowSeconds: 15 * MINUTE,
  lockSeconds: 15 * MINUTE,
  longestLockSeconds: 15 * MINUTE,
});

/** Attempts of one user by one method, over all his sessions. PASSWORD: where a session is asked for the password again. */
export const METHOD_LIMITS = {
  PASSWORD: growing(10),
  EMAIL_CODE: growing(10),
  SMS_CODE: growing(10),
  TOTP: growing(10),
  PASSKEY: growing(20),
  MOBILE_ID: growing(20),
  CLIENT_CERTIFICATE: growing(20),
} as const satisfies Partial<Record<AuthenticationMethod, AttemptLimit>>;
export type CountedMethod = keyof typeof METHOD_LIMITS;

/** Sign-ins by password: at one account from one address. */
export const SIGN_IN_HERE = steady(10);
/** At one account from anywhere; far above, so that a stranger locks nobody out by typing. */
export const SIGN_IN_ANYWHERE = steady(200);

/** After so long without a lock, the next one is short again. */
export const LOCKS_FORGOTTEN_SECONDS = 7 * DAY;

export function isCounted(method: AuthenticationMethod): method is CountedMethod {
  return method in METHOD_LIMITS;
}
