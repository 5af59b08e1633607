import { projectLimitOf } from '../../../kernel/actor.js';
import { parseId, type ProjectId } from '../../../kernel/ids.js';
import type { PageRequest } from '../../../kernel/pagination.js';
import { keysetPage, type Condition, type CountedPage } from '../../../platform/database/keyset.js';
import type { Scope } from '../../../platform/scope.js';
import type { MessageTemplate, MessageChannel, MessageId, MessageState } from './message.js';

/** A message as operators see it. */
export interface MessageRecord {
  readonly id: MessageId;
  readonly channel: MessageChannel;
  readonly template: MessageTemplate;
  readonly subjectId: string;
  readonly projectId: ProjectId | null;
  readonly state: MessageState;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly problem: string | null;
  readonly recipient: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

export interface MessageFilter {
  readonly state?: MessageState | undefined;
  readonly projectId?: ProjectId | undefined;
  readonly subjectId?: string | undefined;
}

const COLUMNS = `id, channel, template, subject_id AS "subjectId", project_id AS "projectId", state, attempts,
  CASE WHEN state = 'QUEUED' THEN next_attempt_at END AS "nextAttemptAt", last_problem AS "problem", recipient,
  created_at AS "createdAt", sent_at AS "sentAt"`;

/** What operators see of messages. */
export class MessageService {
  list(
    scope: Scope,
    filter: MessageFilter,
    request: PageRequest,
  ): Promise<CountedPage<MessageRecord>> {
    const wanted: [string, unknown][] = [
      ['project_id = ANY(?)', projectLimitOf(scope.actor)],
      ['project_id = ?', filter.projectId],
      ['subject_id = ?', filter.subjectId],
      ['state = ?', filter.state],
    ];
    const conditions: Condition[] = wanted.filter(([, value]) => value !== undefined);
    return keysetPage<MessageRecord>(
      scope,
      { table: 'message', columns: COLUMNS, conditions },
      request,
    );
  }

  /** Undefined also where it is out of the actor's reach. */
  async find(scope: Scope, id: string): Promise<MessageRecord | undefined> {
    const messageId = parseId<MessageId>(id);
    if (messageId === undefined) return undefined;
    const [row] = await scope.sql<MessageRecord>(
      'message.record',
      `SELECT ${COLUMNS} FROM message WHERE id = $1 AND ($2::uuid[] IS NULL OR project_id = ANY($2))`,
      [messageId, projectLimitOf(scope.actor) ?? null],
    );
    return row;
  }
}
