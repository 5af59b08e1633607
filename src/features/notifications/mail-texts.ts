/** Every sentence that Signet itself writes into a mail. */
export const TEXTS = {
  product: 'Signet',
  facts: { profile: 'Mobile ID', device: 'Phone', project: 'Project', reason: 'Reason' },
  signInCode: {
    subject: 'Your Signet code',
    opening: (displayName: string) => `Hello ${displayName},\n\nthis is your code:`,
    validity: (minutes: number) =>
      `It is good for ${minutes === 1 ? 'one minute' : `${String(minutes)} minutes`} and works once. Type it into the page that asked for it, and nowhere else.`,
    unasked:
      'If you did not ask for a code, somebody may know your password: tell your administrator, and give this code to nobody.',
  },
  invitation: {
    qrAlternative: 'QR code: scan it with the phone that shall hold your mobile ID.',
    button: 'Open on this phone',
    secrecy:
      'Whoever scans this code first gets the mobile ID. Do not forward this mail, and tell your administrator if you did not expect it.',
  },
  completed: {
    subject: (projectName: string) => `Your mobile ID for ${projectName} is active`,
    opening: (displayName: string) => `Hello ${displayName},\n\nyour mobile ID is active:`,
    unasked: 'If this was not you, tell your administrator at once.',
  },
  failed: {
    subject: (projectName: string) => `Your mobile ID for ${projectName} was not set up`,
    opening: (displayName: string) =>
      `Hello ${displayName},\n\nyour mobile ID could not be set up:`,
    advice: 'You can order it again. If it fails once more, ask your administrator.',
  },
} as const;
