import { randomUUID } from 'node:crypto';
import { outboxTask, type OutboxTask } from '../../edge/jobs/outbox-task.js';
import type { BounceAddresses } from '../../features/notifications/bounces/bounce-addresses.js';
import {
  DispatchService,
  type DispatchId,
  type Written,
} from '../../features/notifications/messages/dispatch.service.js';
import type { MessageSubject } from '../../features/notifications/messages/message.js';
import {
  deliverMessageJob,
  earlierMailJob,
  earlierSmsJob,
} from '../../features/notifications/notification.jobs.js';
import type { Logger } from '../../platform/logger.js';
import type { Mailer } from '../../platform/mail/mailer.js';
import type { SmsSender } from '../../platform/sms/sms.js';
import type { Services } from '../services/services.js';

interface Channels {
  readonly mailer: Mailer;
  readonly sms: SmsSender;
  /** Null: mails that come back go to their sender. */
  readonly bounces: BounceAddresses | null;
}

/** Messages are written when they are sent, and what became of them is told to whom it concerns. */
export function messageTasks(services: Services, channels: Channels, log: Logger): OutboxTask[] {
  const { work, notifications, messageQueue } = services;
  const dispatch = new DispatchService({
    ...services,
    messages: messageQueue,
    write: (about) => write(services, channels, about),
    log,
  });
  channels.sms.listen(async (reference, outcome) => {
    const to = outcome === 'DELIVERED' ? 'DELIVERED' : 'BOUNCED';
    const request = await work.systemRequest('message-receipt', randomUUID());
    return work.change(request, (scope) => messageQueue.noteReceipt(scope, reference, to));
  });
  const nothing = (): Promise<void> => Promise.resolve();
  return [
    outboxTask(deliverMessageJob, {
      run: ({ messageId }, jobId) => dispatch.run(messageId, jobId),
      giveUp: ({ messageId }) => dispatch.giveUp(messageId),
    }),
    outboxTask(earlierMailJob, {
      run: async ({ template, subjectId }) => {
        const request = await work.systemRequest('message', subjectId);
        await work.change(request, (scope) => notifications.notify(scope, template, subjectId));
      },
      giveUp: nothing,
    }),
    outboxTask(earlierSmsJob, {
      run: async ({ template, subjectId }) => {
        const request = await work.systemRequest('message', subjectId);
        await work.change(request, (scope) => notifications.text(scope, template, subjectId));
      },
      giveUp: nothing,
    }),
  ];
}

async function write(
  { compose }: Services,
  { mailer, sms, bounces }: Channels,
  about: MessageSubject,
): Promise<Written | null> {
  const composed = await compose(about);
  if (composed === null) return null;
  if (composed.channel === 'SMS') {
    const { to, text } = composed.sms;
    return { recipient: to, handOver: ({ messageId }) => sms.send({ to, text, messageId }) };
  }
  const { mail } = composed;
  const kind = about.template.toLowerCase().replaceAll('_', '-');
  return {
    recipient: mail.to,
    handOver: async ({ messageId, ...dispatch }: DispatchId) => {
      const returnPath = bounces?.of(dispatch);
      await mailer.send({ ...mail, messageId, kind, ...(returnPath && { returnPath }) });
      return null;
    },
  };
}
