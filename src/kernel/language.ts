/** The languages in which Signet writes mails and text messages. */
export const LANGUAGES = ['EN', 'DE'] as const;
export type Language = (typeof LANGUAGES)[number];
