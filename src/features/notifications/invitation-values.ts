import type { Language } from '../../kernel/language.js';
import type { InvitationPlaceholder } from './invitation-text.service.js';

export interface Recipient {
  /** The address, or the number. */
  readonly to: string;
  readonly displayName: string;
  readonly language: Language;
}

export interface InvitationFacts extends Recipient {
  readonly projectName: string;
  readonly serverName: string;
  /** Of the page that shows the QR code. */
  readonly link: string;
  readonly expiresAt: Date;
}

/** What the placeholders of a project's texts stand for: one line each, whatever people call themselves. */
export function invitationValues(
  facts: InvitationFacts,
  length: 'long' | 'medium' = 'long',
): Readonly<Record<InvitationPlaceholder, string>> {
  return {
    displayName: oneLine(facts.displayName),
    projectName: oneLine(facts.projectName),
    serverName: oneLine(facts.serverName),
    link: facts.link,
    expiresAt: instant(facts.expiresAt, facts.language, length),
  };
}

const LOCALES: Readonly<Record<Language, string>> = { EN: 'en-GB', DE: 'de-CH' };

/** `21 November 2025 at 18:30 UTC` */
export function instant(
  at: Date,
  language: Language,
  dateStyle: 'long' | 'medium' = 'long',
): string {
  const formatted = new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle,
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at);
  return `${formatted} UTC`;
}

/** Control characters and line ends as blanks, for headers and single lines. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
