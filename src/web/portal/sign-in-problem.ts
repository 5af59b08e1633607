const AGAIN = 'Please try again.';
const GENERAL = 'That sign-in did not work. Please try again, or sign in another way.';

/** What a sign-in at another site can end with. The server names a code of a closed set, and never a text. */
const SENTENCES: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS: `The answer of the other site was not accepted, so you are not signed in by it. ${AGAIN}`,
  UNAUTHENTICATED: `This sign-in was begun in another browser or too long ago. ${AGAIN}`,
  CODE_EXPIRED: `This sign-in took too long. ${AGAIN}`,
  CODE_UNKNOWN: `This sign-in was begun in another browser or too long ago. ${AGAIN}`,
  CONFLICT:
    'You came back as somebody else than you are signed in here as. Sign out first if you want to change.',
  FORBIDDEN: 'You have no account here yet. Please ask your administrator.',
  NOT_FOUND: 'This way to sign in is not offered (any more). Please sign in another way.',
  RATE_LIMITED: 'There were too many attempts. Please wait a little and try again.',
  USER_NOT_ACTIVE: 'Your account is not active. Please ask your administrator.',
};

/** One friendly sentence; a code that this page does not know, whoever wrote it there, gets the general one. */
export function signInProblemText(code: string): string {
  return Object.hasOwn(SENTENCES, code) ? (SENTENCES[code] ?? GENERAL) : GENERAL;
}
