import type { SmsSender, TextMessage } from '../../platform/sms.js';
import type { SmsOrder, SmsTemplate } from './notification.jobs.js';

/** A text message that is ready to be sent. */
export type ComposedSms = Omit<TextMessage, 'messageId'>;

/** Writes the message about a subject as it is now; null where there is nothing to say any more. */
export type SmsComposers = Readonly<
  Record<SmsTemplate, (subjectId: string) => Promise<ComposedSms | null>>
>;

/** Carries out what the outbox holds, at least once; the gateway knows a second copy by its id. */
export class SmsDeliveryService {
  constructor(
    private readonly sender: SmsSender,
    private readonly composers: SmsComposers,
  ) {}

  /** @throws Error where the message was not handed over, and has to be tried again */
  async deliver({ template, subjectId }: SmsOrder, jobId: string): Promise<void> {
    const message = await this.composers[template](subjectId);
    if (message === null) return;
    const kind = template.toLowerCase().replaceAll('_', '-');
    await this.sender.send({ ...message, messageId: `signet.${kind}.${subjectId}.${jobId}` });
  }
}
