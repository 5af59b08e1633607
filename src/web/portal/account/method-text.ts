import type { Method } from '../sign-in/documents.js';

/** What a person calls each method. */
const METHOD_TEXT: Readonly<Record<Method, string>> = {
  PASSWORD: 'password',
  EMAIL_CODE: 'code by e-mail',
  SMS_CODE: 'code by text message',
  TOTP: 'authenticator app',
  PASSKEY: 'passkey',
  SAML: 'company sign-in',
  CLIENT_CERTIFICATE: 'certificate',
  MOBILE_ID: 'mobile ID',
  CLIENT_CREDENTIALS: 'client credentials',
};

interface Proof {
  readonly method: Method;
  readonly provider: string | null;
}

/** "Password and code by e-mail", each method once. */
export function proofsText(proofs: readonly Proof[]): string {
  const texts = proofs.map(({ method, provider }) =>
    method === 'SAML' && provider !== null
      ? `${METHOD_TEXT.SAML} (${provider})`
      : METHOD_TEXT[method],
  );
  const list = new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(new Set(texts));
  return list.charAt(0).toUpperCase() + list.slice(1);
}
