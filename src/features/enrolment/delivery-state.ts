/** Where the mail or text message that carries a code has got to. */
export const DELIVERY_STATES = ['QUEUED', 'SENT', 'FAILED', 'BOUNCED'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
