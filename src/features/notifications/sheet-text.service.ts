import type { Language } from '../../kernel/language.js';
import { instant } from './invitation-values.js';
import { textsIn } from './texts/texts.js';

/** What Signet itself writes beside a QR code on paper. */
export interface SheetTexts {
  readonly lead: (serverName: string) => string;
  /** Where the code is for one user alone. */
  readonly personalLead: (displayName: string, username: string) => string;
  readonly uriLabel: string;
  readonly validity: (displayName: string, until: Date) => string;
}

export function sheetTexts(language: Language): SheetTexts {
  const { validity, ...texts } = textsIn(language).sheet;
  return {
    ...texts,
    validity: (displayName, until) => validity(displayName, instant(until, language)),
  };
}
