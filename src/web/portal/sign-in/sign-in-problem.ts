const GENERAL = 'That sign-in did not work. Please try again, or sign in another way.';

/** What a sign-in at another site can end with. The server names a code of a closed set, and never a text. */
const SENTENCES: Readonly<Record<string, string>> = {
  FORBIDDEN: 'You may not sign in this way. Please ask your administrator.',
  RATE_LIMITED: 'There were too many attempts. Please wait a little and try again.',
  SAML_EXPIRED: 'This sign-in took too long, or it was begun in another browser. Please try again.',
  SAML_LINK_FIRST:
    'For your account this way has to be linked first: sign in as usual, open your account, and choose it there.',
  SAML_LINK_UNPROVEN:
    'Before this way can be linked to your account, confirm in another way that it is you, by a code or a passkey, and choose it again within ten minutes.',
  SAML_NO_ACCOUNT: 'There is no account here for you yet. Please ask your administrator.',
  SAML_NOT_FRESH:
    'The other site did not ask you to sign in anew, and your last sign-in there is too long ago. Sign out there, then try again.',
  SAML_OTHER_USER:
    'You came back as somebody else than you are signed in as here. Sign out first if you want to change.',
  SAML_PROVIDER_REFUSED: 'The other site did not confirm who you are. Please try again.',
  SAML_REFUSED:
    'The answer of the other site could not be trusted. Please tell your administrator.',
  USER_NOT_ACTIVE: 'Your account is not active. Please ask your administrator.',
};

/** One friendly sentence; a code that this page does not know, whoever wrote it there, gets the general one. */
export function signInProblemText(code: string): string {
  return Object.hasOwn(SENTENCES, code) ? (SENTENCES[code] ?? GENERAL) : GENERAL;
}
