import { outboxTask, type OutboxTask } from '../edge/jobs/outbox-task.js';
import { ONE_TIME_CODE_TTL_SECONDS } from '../features/authentication/one-time-codes/one-time-code.service.js';
import { sendSmsJob } from '../features/notifications/notification.jobs.js';
import { SmsDeliveryService } from '../features/notifications/sms-delivery.service.js';
import { signInCodeSms } from '../features/notifications/sms-template.service.js';
import type { SmsSender } from '../platform/sms.js';
import type { Services } from './services.js';

/** Text messages are written when they are sent, as mails are. */
export function smsTask(
  { work, oneTimeCodes }: Services,
  sender: SmsSender,
  publicUrl: string,
): OutboxTask {
  const host = new URL(publicUrl).hostname;
  const service = new SmsDeliveryService(sender, {
    SIGN_IN_CODE: async (id) => {
      const scope = work.read(await work.systemRequest('sms', id));
      const message = await oneTimeCodes.toSend(scope, 'SMS_CODE', id);
      if (message === null) return null;
      const { address: to, code } = message;
      return signInCodeSms({ to, code, host, validSeconds: ONE_TIME_CODE_TTL_SECONDS });
    },
  });
  return outboxTask(sendSmsJob, {
    run: (order, jobId) => service.deliver(order, jobId),
    giveUp: () => Promise.resolve(),
  });
}
