import { outboxJob } from '../../platform/outbox.js';

export const MAIL_TEMPLATES = [
  'SIGN_IN_CODE',
  'PASSWORD_INVITATION',
  'PASSWORD_RESET',
  'PASSWORD_CHANGED',
  'ENROLMENT_INVITATION',
  'ENROLMENT_COMPLETED',
  'ENROLMENT_FAILED',
  'MEMBER_REMOVED',
  'MOBILE_ID_EXPIRES',
  'MOBILE_ID_RENEWED',
  'WEBHOOK_DISABLED',
] as const;
export type MailTemplate = (typeof MAIL_TEMPLATES)[number];

/** Which mail, and about what: the id of a code, a link, a user, an enrolment, a membership, a mobile ID or a reminder. The mail is written when it is sent. */
export interface MailOrder {
  readonly template: MailTemplate;
  readonly subjectId: string;
}

/** Ten attempts, each after e times the pause of the one before: given up after about three and a half hours. */
export const sendMailJob = outboxJob<MailOrder>('send-mail', 10);

export type SmsTemplate = 'SIGN_IN_CODE';

/** As {@link MailOrder}, for a text message about a one-time code. */
export interface SmsOrder {
  readonly template: SmsTemplate;
  readonly subjectId: string;
}

/** Six attempts within four minutes: a code that comes later helps nobody, and each attempt may be billed. */
export const sendSmsJob = outboxJob<SmsOrder>('send-sms', 6);
