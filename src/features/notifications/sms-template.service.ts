import { expandTemplate } from '../../kernel/template.js';
import type { Language } from '../../kernel/language.js';
import { invitationValues, type InvitationFacts } from './invitation-values.js';
import { textsIn } from './texts/texts.js';

/** A text message that is ready to be sent. */
export interface ComposedSms {
  /** The number. */
  readonly to: string;
  readonly text: string;
}

export interface SignInCodeSmsFacts {
  /** The number. */
  readonly to: string;
  readonly language: Language;
  readonly code: string;
  readonly validSeconds: number;
  /** Of the site on which the code is to be typed, without port. */
  readonly host: string;
}

/**
 * The code in the sentence for people, and in the last line for browsers, which offer it on pages of this host alone
 * (WICG, Origin-bound one-time codes delivered via SMS).
 */
export function signInCodeSms(facts: SignInCodeSmsFacts): ComposedSms {
  const { to, code, validSeconds, host, language } = facts;
  const minutes = Math.max(1, Math.floor(validSeconds / 60));
  return { to, text: `${textsIn(language).codeBySms(code, host, minutes)}\n\n@${host} #${code}` };
}

/** The project's text, with the link of the page that shows the QR code. */
export function invitationSms(
  facts: InvitationFacts & { readonly smsMessage: string },
): ComposedSms {
  const text = expandTemplate(facts.smsMessage, invitationValues(facts, 'medium'));
  return { to: facts.to, text: text.includes(facts.link) ? text : `${text} ${facts.link}` };
}
