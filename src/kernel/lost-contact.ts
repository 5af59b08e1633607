/** What a user may say he has lost: what was proven with it then proves nothing. */
export const LOST_CONTACTS = ['EMAIL', 'PHONE'] as const;
export type LostContact = (typeof LOST_CONTACTS)[number];
