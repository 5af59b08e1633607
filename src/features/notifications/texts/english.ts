import type { Texts } from './text-shape.js';

export const ENGLISH: Texts = {
  product: 'Signet',
  facts: { profile: 'Mobile ID', device: 'Phone', project: 'Project', reason: 'Reason' },
  signInCode: {
    subject: 'Your Signet code',
    opening: (displayName) => `Hello ${displayName},\n\nthis is your code:`,
    validity: (minutes) =>
      `It is good for ${minutes === 1 ? 'one minute' : `${String(minutes)} minutes`} and works once. Type it into the page that asked for it, and nowhere else.`,
    unasked:
      'If you did not ask for a code, somebody may know your password: tell your administrator, and give this code to nobody.',
  },
  codeBySms: (code, host, minutes) =>
    `${code} is your Signet code for ${host}. It is good for ${minutes === 1 ? 'one minute' : `${String(minutes)} minutes`} and works once. Give it to nobody.`,
  passwordLink: {
    button: 'Set a password',
    userName: 'User name',
    validity: (until) => `The link works once, until ${until}.`,
    secrecy: 'Whoever opens it can set your password: do not forward this mail.',
  },
  passwordInvitation: {
    subject: 'Set your Signet password',
    opening: (displayName) =>
      `Hello ${displayName},\n\nan account was made for you. Open this link to set your password:`,
  },
  passwordReset: {
    subject: 'Set a new Signet password',
    opening: (displayName) =>
      `Hello ${displayName},\n\nsomebody asked for a new password for your account. If it was you, open this link to set it:`,
    unasked:
      'If you did not ask for it, ignore this mail: your password stays as it is, and the link runs out by itself.',
  },
  passwordChanged: {
    subject: 'Your Signet password was changed',
    opening: (displayName) =>
      `Hello ${displayName},\n\nthe password of your account was set anew, and all other sessions have ended.`,
    unasked:
      'If this was not you, ask for a new password on the sign-in page and tell your administrator at once.',
  },
  invitation: {
    qrAlternative: 'QR code: scan it with the phone that shall hold your mobile ID.',
    button: 'Open on this phone',
    secrecy:
      'Whoever scans this code first gets the mobile ID. Do not forward this mail, and tell your administrator if you did not expect it.',
  },
  completed: {
    subject: (projectName) => `Your mobile ID for ${projectName} is active`,
    opening: (displayName) => `Hello ${displayName},\n\nyour mobile ID is active:`,
    unasked: 'If this was not you, tell your administrator at once.',
  },
  failed: {
    subject: (projectName) => `Your mobile ID for ${projectName} was not set up`,
    opening: (displayName) => `Hello ${displayName},\n\nyour mobile ID could not be set up:`,
    advice: 'You can order it again. If it fails once more, ask your administrator.',
    reasons: {},
  },
  expires: {
    subject: (projectName, days) => `Your mobile ID for ${projectName} runs out ${inDays(days)}`,
    opening: (displayName, until) =>
      `Hello ${displayName},\n\nyour mobile ID can be used until ${until}. Renew it before then: it stays the same mobile ID, with new keys and certificates.`,
    howTo: (deviceName, link) =>
      `On the phone that holds it (${deviceName}), open this address and choose “Renew”:\n\n${link}`,
    button: 'Renew on this phone',
    otherwise:
      'If you do not have this phone any more, sign in, revoke this mobile ID and order a new one. Once it has run out, it cannot be renewed.',
  },
  renewed: {
    subject: (projectName) => `Your mobile ID for ${projectName} was renewed`,
    opening: (displayName, until) =>
      `Hello ${displayName},\n\nyour mobile ID has new keys and certificates, and can be used until ${until}:`,
    unasked: 'If this was not you, revoke it and tell your administrator at once.',
  },
  memberRemoved: {
    subject: (projectName) => `You are no longer part of ${projectName}`,
    opening: (displayName, projectName) =>
      `Hello ${displayName},\n\nyou were removed from ${projectName}. Your mobile IDs for it cannot be used any more, and open invitations have ended.`,
    advice:
      'If you did not expect this, ask your administrator. Should you be added again, your mobile IDs work as before.',
  },
  webhooksOff: {
    subject: (projectName) => `Webhooks of ${projectName} are turned off`,
    reasons: {
      FAILING: 'Nothing that was sent to this address was taken for three days:',
      GONE: 'The receiver at this address has answered that it wants no more (410):',
      ADMINISTRATOR: 'An administrator has turned off what was sent to this address:',
    },
    facts: { receiver: 'Receiver', description: 'Description' },
    advice:
      'Nothing is lost: once an administrator turns the endpoint on again, it is told of all that has happened meanwhile.',
  },
  sheet: {
    lead: (serverName) => `Get your mobile ID of ${serverName}`,
    personalLead: (displayName, username) => `Mobile ID for ${displayName} (${username})`,
    uriLabel: 'No camera at hand? Open this address on your phone:',
    validity: (displayName, until) =>
      `This code is for ${displayName} alone, and can be scanned until ${until}.`,
  },
};

function inDays(days: number): string {
  return days === 1 ? 'within a day' : `in ${String(days)} days`;
}
