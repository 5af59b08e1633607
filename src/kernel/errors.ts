/**
 * Every problem that Signet reports, in one closed table: the key is the wire code, `status` the HTTP status where the
 * problem is the whole answer, `title` the sentence that stays the same from case to case (RFC 9457 section 3.1).
 */
export const PROBLEMS = {
  UNAUTHENTICATED: { status: 401, title: 'Sign in to continue.' },
  INVALID_CREDENTIALS: { status: 401, title: 'User name, password or code is wrong.' },
  INSUFFICIENT_USER_AUTHENTICATION: {
    status: 401,
    title: 'A further proof of identity is needed.',
  },
  FORBIDDEN: { status: 403, title: 'You may not do this.' },
  NOT_FOUND: { status: 404, title: 'It does not exist, or you may not see it.' },
  INVALID_INPUT: { status: 400, title: 'Some input is not as it must be.' },
  CONFLICT: { status: 409, title: 'This contradicts what is already there.' },
  RATE_LIMITED: { status: 429, title: 'Too many attempts. Try again later.' },
  USER_NOT_ACTIVE: { status: 403, title: 'This user account is not active.' },
  PROVISIONING_DISABLED: { status: 403, title: 'Mobile IDs cannot be ordered here.' },
  CERTIFICATE_NOT_SELECTABLE: {
    status: 400,
    title: 'One of the certificates cannot be chosen in this project.',
  },
  CHANNEL_NOT_AVAILABLE: { status: 400, title: 'The code cannot be delivered this way.' },
  PROFILE_LIMIT_REACHED: { status: 409, title: 'This user has as many mobile IDs as allowed.' },
  WRONG_PROJECT_MODE: { status: 409, title: 'Projects of this mode do not work this way.' },
  CODE_UNKNOWN: { status: 404, title: 'This code is not known.' },
  CODE_EXPIRED: { status: 410, title: 'This code has run out. Ask for a new one.' },
  ENROLMENT_EXPIRED: { status: 410, title: 'This enrolment has expired.' },
  ENROLMENT_CANCELLED: { status: 410, title: 'This enrolment was cancelled.' },
  ENROLMENT_SUPERSEDED: { status: 410, title: 'A newer order took the place of this one.' },
  ENROLMENT_TAKEN: { status: 409, title: 'Another phone has already scanned this code.' },
  ENROLMENT_COMPLETED: { status: 409, title: 'This enrolment is already completed.' },
  DEVICE_PROOF_REJECTED: { status: 403, title: 'The phone could not prove which phone it is.' },
  CONFIRMATION_REQUIRED: { status: 409, title: 'This phone has not been confirmed yet.' },
  CONFIRMATION_WRONG: { status: 403, title: 'The confirmation code is wrong.' },
  CSR_REJECTED: { status: 400, title: 'The certificate request was rejected.' },
  ACTIVATION_PAUSED: { status: 409, title: 'Activation is paused in this project.' },
  ACTIVATION_CODE_ROTATED: { status: 410, title: 'This activation code was replaced.' },
  QUOTA_REACHED: { status: 409, title: 'No more activations are allowed in this project.' },
  ID_RANGE_EXHAUSTED: { status: 409, title: 'No more IDs are left in this project.' },
  INVALID_TRANSITION: { status: 409, title: 'This is not possible in the present state.' },
  INTERNAL: { status: 500, title: 'Something went wrong on our side.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
/** What a caller may know beside the code, e.g. the `missing` clauses of a refusal. */
export type Facts = Readonly<Record<string, Json>>;

/** A failure the caller is meant to read. Anything else that is thrown is a bug. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  constructor(
    readonly code: ProblemCode,
    readonly facts: Facts = {},
    options?: ErrorOptions,
  ) {
    super(PROBLEMS[code].title, options);
  }
}

/** One refused input field: `field` is its path, such as `input.email`; `message` never repeats the value. */
export function invalidInput(field: string, message: string): DomainError {
  return new DomainError('INVALID_INPUT', { fields: [{ field, message }] });
}
