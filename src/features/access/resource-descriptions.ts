/** What each resource is, for administrators to read. A new path needs its entry before the server starts. */
export const RESOURCE_DESCRIPTIONS: Readonly<Record<string, string>> = {
  '/': 'Everything but what stands open: signing in, phones, and the public part of the certificate authority.',
  '/account': 'What signed-in users see of their own account.',
  '/account/methods':
    'Setting up and removing the methods that a user proves himself with: passkeys, authenticator apps, client certificates, links to identity providers.',
  '/account/sessions': "A user's own sessions: seeing them, and ending them.",
  '/admin': 'All that administrators do.',
  '/admin/access-rules': 'Access rules: reading, changing and explaining them.',
  '/admin/api-clients': 'API clients, with their scopes, secrets and SCIM tokens.',
  '/admin/audit': 'The audit log.',
  '/admin/identity-providers': 'SAML identity providers.',
  '/admin/projects': 'Making projects, changing their settings, and their activation codes.',
  '/admin/users': 'Giving roles to users.',
  '/admin/webhooks': 'Where host systems are told of events, and what they were told.',
  '/certificate-authority':
    'The public part of the certificate authority. Open to everybody whom no DENY keeps out.',
  '/device':
    'What phones call with the code that they have scanned, and to renew their mobile IDs. Open to everybody whom no DENY keeps out.',
  '/enrolments': 'Orders of mobile IDs, for the user whose order it is.',
  '/enrolments/cancel': 'Cancelling an order.',
  '/enrolments/confirm': 'Confirming which phone has scanned the code of an order.',
  '/enrolments/renew': 'A fresh QR code for an order whose code ran out.',
  '/enrolments/watch': 'Seeing where an order stands, and following it live.',
  '/mobile-id': "A user's own mobile IDs, and what he may order.",
  '/mobile-id/deactivate':
    "Suspending one's own mobile ID, and taking that back, which needs what ordering one needs as well.",
  '/mobile-id/get':
    "Ordering a mobile ID for oneself, and taking back the suspension of one's own.",
  '/mobile-id/recover': 'Bringing earlier encryption keys along into a new mobile ID of one’s own.',
  '/mobile-id/revoke': "Revoking one's own mobile ID.",
  '/operator': 'All that operators do.',
  '/operator/assigned-ids':
    'IDs that phones were assigned: seeing, following, exporting, and confirming whose they are.',
  '/operator/enrolments': 'Orders of all users.',
  '/operator/key-recoveries': "Recovery of users' encryption keys: seeing it, and asking for it.",
  '/operator/key-recoveries/approve': 'Approving or rejecting the recovery of encryption keys.',
  '/operator/messages':
    'Mails and text messages: seeing where they have got to, and sending them again.',
  '/operator/mobile-id': 'Mobile IDs for other users.',
  '/operator/mobile-id/approve': 'Approving or rejecting the phone that has scanned a code.',
  '/operator/mobile-id/supply':
    'Ordering mobile IDs for other users, one or many, also by inviting members of a project.',
  '/operator/profiles':
    'Mobile IDs of all users: seeing, revoking, suspending and reactivating them.',
  '/operator/projects':
    'Projects and their settings, to read; and their members: adding, changing and removing them.',
  '/operator/sessions': 'Sessions of all users: seeing them, and ending them.',
  '/operator/users':
    'Users: seeing, also as members of projects, creating, changing, activating, deactivating and locking.',
  '/sign-in':
    'Signing in, giving further proofs, and signing out. Open to everybody whom no DENY keeps out.',
};
