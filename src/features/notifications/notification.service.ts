import { enqueue, enqueueAll } from '../../platform/outbox.js';
import type { ChangeScope } from '../../platform/scope.js';
import {
  sendMailJob,
  sendSmsJob,
  type MailTemplate,
  type SmsTemplate,
} from './notification.jobs.js';

export type { MailTemplate } from './notification.jobs.js';

export class NotificationService {
  /** Sends a mail once the transaction of `scope` is committed. `subjectId` is the id of what it is about, never a secret. */
  async notify(scope: ChangeScope, template: MailTemplate, subjectId: string): Promise<void> {
    await enqueue(scope, sendMailJob, { template, subjectId });
  }

  /** As {@link notify}, about many at once: mails that somebody waits for go before them. */
  async notifyAll(
    scope: ChangeScope,
    template: MailTemplate,
    subjectIds: readonly string[],
  ): Promise<void> {
    const orders = subjectIds.map((subjectId) => ({ template, subjectId }));
    await enqueueAll(scope, sendMailJob, orders);
  }

  /** Sends a text message, as {@link notify} a mail. */
  async text(scope: ChangeScope, template: SmsTemplate, subjectId: string): Promise<void> {
    await enqueue(scope, sendSmsJob, { template, subjectId });
  }
}
