import type { Language } from '../../kernel/language.js';

/** What a project's own texts may contain in braces, and what stands in its place. */
export const INVITATION_PLACEHOLDERS = [
  'displayName',
  'projectName',
  'serverName',
  'link',
  'expiresAt',
] as const;
export type InvitationPlaceholder = (typeof INVITATION_PLACEHOLDERS)[number];

/** What a project says to its users in its own words. */
export interface InvitationTexts {
  readonly emailSubject: string;
  readonly emailMessage: string;
  readonly smsMessage: string;
  /** Beside the QR code, on a page or on paper. */
  readonly instructions: string;
}

/** What a project says unless it says otherwise. */
export const DEFAULT_TEXTS: Readonly<Record<Language, InvitationTexts>> = {
  EN: {
    emailSubject: 'Your mobile ID for {projectName}',
    emailMessage: `Hello {displayName},

your mobile ID for {projectName} is ready to be set up. Scan the QR code with your phone, or open this link on it:

{link}

It works until {expiresAt}.`,
    smsMessage: 'Your mobile ID for {projectName}: open {link} on your phone until {expiresAt}.',
    instructions:
      'Scan the QR code with the camera of your phone, open the link and follow the steps there.',
  },
  DE: {
    emailSubject: 'Ihre Mobile ID für {projectName}',
    emailMessage: `Guten Tag {displayName},

Ihre Mobile ID für {projectName} kann eingerichtet werden. Scannen Sie den QR-Code mit Ihrem Telefon, oder öffnen Sie dort diesen Link:

{link}

Er gilt bis {expiresAt}.`,
    smsMessage:
      'Ihre Mobile ID für {projectName}: Öffnen Sie {link} auf Ihrem Telefon, bis {expiresAt}.',
    instructions:
      'Scannen Sie den QR-Code mit der Kamera Ihres Telefons, öffnen Sie den Link und folgen Sie den Schritten dort.',
  },
};

/** The same where phones come by themselves, and are given an ID. */
export const DEFAULT_ACTIVATION_TEXTS: Readonly<Record<Language, InvitationTexts>> = {
  EN: {
    ...DEFAULT_TEXTS.EN,
    instructions: `${DEFAULT_TEXTS.EN.instructions} At the end your phone shows your ID.`,
  },
  DE: {
    ...DEFAULT_TEXTS.DE,
    instructions: `${DEFAULT_TEXTS.DE.instructions} Am Ende zeigt Ihr Telefon Ihre ID.`,
  },
};
