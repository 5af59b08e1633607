import { outboxJob } from '../../platform/outbox.js';

export const MAIL_TEMPLATES = [
  'SIGN_IN_CODE',
  'ENROLMENT_INVITATION',
  'ENROLMENT_COMPLETED',
  'ENROLMENT_FAILED',
] as const;
export type MailTemplate = (typeof MAIL_TEMPLATES)[number];

/** Which mail, and about what: the id of an e-mail code or of an enrolment. The mail is written when it is sent. */
export interface MailOrder {
  readonly template: MailTemplate;
  readonly subjectId: string;
}

/** Ten attempts, each after e times the pause of the one before: given up after about three and a half hours. */
export const sendMailJob = outboxJob<MailOrder>('send-mail', 10);
