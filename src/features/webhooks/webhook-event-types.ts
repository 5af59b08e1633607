/** What webhooks tell, and what each means to the host system. The first two parts of a name say what it is about. */
export const WEBHOOK_EVENTS = {
  'enrolment.delivering': 'A mobile ID was ordered; the mail or text message is on its way.',
  'enrolment.waiting-for-scan':
    'The code can be scanned: ordered on screen, delivered, or renewed.',
  'enrolment.code-expired': 'The code ran out unscanned.',
  'enrolment.scanned': 'A phone has scanned the code.',
  'enrolment.awaiting-confirmation': 'The phone has to be confirmed.',
  'enrolment.confirmed': 'The phone was confirmed.',
  'enrolment.issuing': 'The phone has made its keys.',
  'enrolment.active': 'The mobile ID is active.',
  'enrolment.cancelled': 'The order was cancelled.',
  'enrolment.expired': 'The order ran out.',
  'enrolment.failed': 'The order failed.',
  'enrolment.superseded': 'A newer order took its place.',
  'assigned-id.assigned': 'A phone has got an ID.',
  'assigned-id.reactivated': 'The phone has got a new mobile ID under its ID.',
  'assigned-id.confirmed': 'The ID was confirmed.',
  'assigned-id.unconfirmed': 'The confirmation was taken back.',
  'assigned-id.revoked': 'The ID was revoked, and is never given again.',
  'profile.suspended': 'A mobile ID cannot be used for now.',
  'profile.reactivated': 'A suspended mobile ID can be used again.',
  'profile.revoked': 'A mobile ID cannot be used any more.',
  'profile.expired': 'A mobile ID has run out.',
} as const;
export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;

export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as WebhookEventType[];

/** Only at an administrator's wish, and never subscribed to. */
export const TEST_EVENT = 'webhook.test';
