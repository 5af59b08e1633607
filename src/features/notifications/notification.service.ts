import { enqueue } from '../../platform/outbox.js';
import type { ChangeScope } from '../../platform/scope.js';
import { sendMailJob, type MailTemplate } from './notification.jobs.js';

export type { MailTemplate } from './notification.jobs.js';

export class NotificationService {
  /** Sends a mail once the transaction of `scope` is committed. `subjectId` is the id of what it is about, never a secret. */
  async notify(scope: ChangeScope, template: MailTemplate, subjectId: string): Promise<void> {
    await enqueue(scope, sendMailJob, { template, subjectId });
  }
}
