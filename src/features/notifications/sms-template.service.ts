import type { ComposedSms } from './sms-delivery.service.js';
import { TEXTS } from './mail-texts.js';

export interface SignInCodeSmsFacts {
  /** The number. */
  readonly to: string;
  readonly code: string;
  readonly validSeconds: number;
  /** Of the site on which the code is to be typed, without port. */
  readonly host: string;
}

/**
 * The code in the sentence for people, and in the last line for browsers, which offer it on pages of this host alone
 * (WICG, Origin-bound one-time codes delivered via SMS).
 */
export function signInCodeSms({ to, code, validSeconds, host }: SignInCodeSmsFacts): ComposedSms {
  const minutes = Math.max(1, Math.floor(validSeconds / 60));
  return { to, text: `${TEXTS.codeBySms(code, host, minutes)}\n\n@${host} #${code}` };
}
