import type { Brand } from '../../../kernel/ids.js';

export type MessageId = Brand<string, 'MessageId'>;

export const MESSAGE_CHANNELS = ['EMAIL', 'SMS'] as const;
export type MessageChannel = (typeof MESSAGE_CHANNELS)[number];

export const MESSAGE_TEMPLATES = [
  'SIGN_IN_CODE',
  'PASSWORD_INVITATION',
  'PASSWORD_RESET',
  'PASSWORD_CHANGED',
  'ENROLMENT_INVITATION',
  'ENROLMENT_COMPLETED',
  'ENROLMENT_FAILED',
  'MOBILE_ID_EXPIRES',
  'MOBILE_ID_RENEWED',
  'MEMBER_REMOVED',
  'WEBHOOK_DISABLED',
] as const;
export type MessageTemplate = (typeof MESSAGE_TEMPLATES)[number];

export type SmsTemplate = Extract<MessageTemplate, 'SIGN_IN_CODE' | 'ENROLMENT_INVITATION'>;

/**
 * QUEUED until somebody takes it: then SENT, and DELIVERED where a receipt says so, or BOUNCED where it comes back. FAILED: nobody
 * took it, however often it was tried, or it was refused for good. DROPPED: there was nothing left to say.
 */
export const MESSAGE_STATES = [
  'QUEUED',
  'SENT',
  'DELIVERED',
  'FAILED',
  'BOUNCED',
  'DROPPED',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** What the composer of a message is told: which text, and about what. */
export interface MessageSubject {
  readonly channel: MessageChannel;
  readonly template: MessageTemplate;
  /** The id of a code, a link, a user, an enrolment, a membership, an endpoint, a mobile ID or a reminder. */
  readonly subjectId: string;
  readonly projectId: string | null;
}
