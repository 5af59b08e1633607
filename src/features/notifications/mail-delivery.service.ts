import type { Mail, Mailer } from '../../platform/mailer.js';
import type { MailOrder, MailTemplate } from './notification.jobs.js';

/** A mail that is ready to be sent. */
export type ComposedMail = Omit<Mail, 'messageId'>;

/** Writes the mail about a subject as it is now; null where there is nothing to say any more. */
export type MailComposer = (subjectId: string) => Promise<ComposedMail | null>;
export type MailComposers = Readonly<Record<MailTemplate, MailComposer>>;

/** Who is told what became of a mail. Both may be called again for the same mail. */
export interface MailOutcome {
  /** The next mail server took it. */
  delivered(template: MailTemplate, subjectId: string): Promise<void>;
  givenUp(template: MailTemplate, subjectId: string): Promise<void>;
}

/**
 * Carries out what the outbox holds, at least once: after a crash between hand-over and its record the same mail goes out a
 * second time, with the same Message-ID.
 */
export class MailDeliveryService {
  constructor(
    private readonly mailer: Mailer,
    private readonly composers: MailComposers,
    private readonly outcome: MailOutcome,
  ) {}

  /**
   * A mail that has nothing to say any more, such as of a code that has run out, is given up.
   * @throws Error where the mail was not handed over, and has to be tried again
   */
  async deliver({ template, subjectId }: MailOrder, jobId: string): Promise<void> {
    const mail = await this.composers[template](subjectId);
    if (mail === null) {
      await this.outcome.givenUp(template, subjectId);
      return;
    }
    const kind = template.toLowerCase().replaceAll('_', '-');
    await this.mailer.send({ ...mail, messageId: `signet.${kind}.${subjectId}.${jobId}` });
    await this.outcome.delivered(template, subjectId);
  }

  async giveUp({ template, subjectId }: MailOrder): Promise<void> {
    await this.outcome.givenUp(template, subjectId);
  }
}
