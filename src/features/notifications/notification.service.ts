import { newId, parseId, type ProjectId } from '../../kernel/ids.js';
import type { ChangeScope } from '../../platform/scope.js';
import type {
  MessageTemplate,
  MessageChannel,
  MessageId,
  SmsTemplate,
} from './messages/message.js';
import { enqueueDeliveries, enqueueDelivery } from './notification.jobs.js';

export type { MessageTemplate, SmsTemplate } from './messages/message.js';

/** What a message belongs to, beside what it is about. */
export interface About {
  /** Who may see operators' lists of this project alone sees it, too; its language is that of the project. */
  readonly projectId?: ProjectId;
}

/** Puts messages into the outbox. */
export class NotificationService {
  /** Sends a mail once the transaction of `scope` is committed. `subjectId` is the id of what it is about, never a secret. */
  async notify(
    scope: ChangeScope,
    template: MessageTemplate,
    subjectId: string,
    about: About = {},
  ): Promise<void> {
    await queue(scope, { channel: 'EMAIL', template, subjectId, ...about });
  }

  /** As {@link notify}, about many at once: mails that somebody waits for go before them. */
  async notifyAll(
    scope: ChangeScope,
    template: MessageTemplate,
    subjectIds: readonly string[],
    { projectId }: About = {},
  ): Promise<void> {
    const ids = subjectIds.map(() => newId<MessageId>());
    await scope.sql(
      'message.queue-all',
      `INSERT INTO message (id, channel, template, subject_id, project_id, queued_at, next_attempt_at, created_at)
       SELECT id, 'EMAIL', $3, subject_id, $4, now(), now(), now() FROM unnest($1::uuid[], $2::uuid[]) AS queued (id, subject_id)`,
      [ids, subjectIds, template, projectId ?? null],
    );
    await enqueueDeliveries(scope, ids);
  }

  /** Sends a text message, as {@link notify} a mail. */
  async text(
    scope: ChangeScope,
    template: SmsTemplate,
    subjectId: string,
    about: About = {},
  ): Promise<void> {
    await queue(scope, { channel: 'SMS', template, subjectId, ...about });
  }
}

async function queue(
  scope: ChangeScope,
  message: About & {
    readonly channel: MessageChannel;
    readonly template: MessageTemplate;
    readonly subjectId: string;
  },
): Promise<void> {
  const { channel, template, projectId = null } = message;
  const subjectId = parseId(message.subjectId);
  if (subjectId === undefined) throw new Error('A message is about something that has an id.');
  const id = newId<MessageId>();
  await scope.sql(
    'message.queue',
    `INSERT INTO message (id, channel, template, subject_id, project_id, queued_at, next_attempt_at, created_at)
     VALUES ($1, $2, $3, $4, $5, now(), now(), now())`,
    [id, channel, template, subjectId, projectId],
  );
  await enqueueDelivery(scope, { id, template });
}
