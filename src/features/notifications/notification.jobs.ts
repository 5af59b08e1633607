import { enqueue, enqueueAll, outboxJob } from '../../platform/outbox.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { MessageTemplate, MessageId, SmsTemplate } from './messages/message.js';

/**
 * Tries to hand over one message. When it is tried again stands in the message's own row; the outbox repeats an attempt only where
 * a process dies in it, or the database cannot be reached.
 */
export const deliverMessageJob = outboxJob<{ readonly messageId: string }>('deliver-message', 25);

/** As releases before 0.4 have left them in the outbox. */
export const earlierMailJob = outboxJob<{
  readonly template: MessageTemplate;
  readonly subjectId: string;
}>('send-mail', 25);
export const earlierSmsJob = outboxJob<{
  readonly template: SmsTemplate;
  readonly subjectId: string;
}>('send-sms', 25);

/** Somebody waits for these before a page: they go before invitations to thousands. */
const URGENT: ReadonlySet<MessageTemplate> = new Set(['SIGN_IN_CODE', 'PASSWORD_RESET']);
const BEFORE_OTHERS = -10;

/** The next attempt; it takes the place of the one that was planned before. */
export async function enqueueDelivery(
  scope: ChangeScope,
  { id, template }: { readonly id: MessageId; readonly template: MessageTemplate },
  runAt?: Date,
): Promise<void> {
  await enqueue(
    scope,
    deliverMessageJob,
    { messageId: id },
    {
      key: `message:${id}`,
      ...(runAt && { runAt }),
      ...(URGENT.has(template) && { priority: BEFORE_OTHERS }),
    },
  );
}

/** The first attempts of many messages, behind others. */
export async function enqueueDeliveries(
  scope: ChangeScope,
  ids: readonly MessageId[],
): Promise<void> {
  const jobs = ids.map((id) => ({ key: `message:${id}`, payload: { messageId: id } }));
  await enqueueAll(scope, deliverMessageJob, jobs);
}
