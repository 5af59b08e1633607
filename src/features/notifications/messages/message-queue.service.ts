import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { enqueueDelivery } from '../notification.jobs.js';
import { messageMoved } from './message.events.js';
import type {
  MessageTemplate,
  MessageChannel,
  MessageId,
  MessageState,
  MessageSubject,
} from './message.js';

export interface QueuedMessage extends MessageSubject {
  readonly id: MessageId;
  readonly dispatch: number;
  readonly attempts: number;
  readonly queuedAt: Date;
  readonly state: MessageState;
  readonly leasedUntil: Date | null;
}

/** Where an attempt went, as far as it got. */
export interface Handed {
  readonly recipient: string | null;
  readonly reference: string | null;
}
interface Problem {
  readonly problem: string | null;
}

/**
 * Longer than an attempt may take, even by several gateways that are slow with each part. Ends by itself where the process that
 * holds it is gone, and its job with it.
 */
const LEASE_SECONDS = 600;
/** So many at a time: whoever gets through in their turn wakes the next. */
const WAKE_BATCH = 200;
/** What nobody has tried for so long after its time has no job any more. */
const LOST_MINUTES = 5;
const KEPT_DAYS = 90;

const COLUMNS = `id, channel, template, subject_id AS "subjectId", project_id AS "projectId", dispatch, attempts,
  queued_at AS "queuedAt", state, leased_until AS "leasedUntil"`;
const IS_LATEST = `NOT EXISTS (SELECT FROM message later WHERE later.subject_id = message.subject_id
  AND later.template = message.template AND (later.created_at, later.id) > (message.created_at, message.id)) AS "isLatest"`;

type Moved = QueuedMessage & { readonly isLatest: boolean };

/** The states of messages. Whoever moves one moves it from the state that it is in, so that two do not move it at once. */
export class MessageQueue {
  async find(scope: Scope, id: MessageId): Promise<QueuedMessage | undefined> {
    const [row] = await scope.sql<QueuedMessage>(
      'message.find',
      `SELECT ${COLUMNS} FROM message WHERE id = $1`,
      [id],
    );
    return row;
  }

  /**
   * Begins an attempt, and counts it. One caller alone may until the lease ends; who was given the same job again may at once,
   * as the process that had it is gone.
   */
  async claim(scope: Scope, id: MessageId, jobId: string): Promise<QueuedMessage | undefined> {
    const [row] = await scope.sql<QueuedMessage>(
      'message.claim',
      `UPDATE message SET attempts = attempts + 1, lease = $2, leased_until = now() + make_interval(secs => $3)
       WHERE id = $1 AND state = 'QUEUED' AND (leased_until IS NULL OR leased_until <= now() OR lease = $2)
       RETURNING ${COLUMNS}`,
      [id, jobId, LEASE_SECONDS],
    );
    return row;
  }

  /** Ends the attempt that holds the lease. Nothing happens where it ran out, and another attempt has ended the message. */
  async settle(
    scope: ChangeScope,
    { id, lease }: { readonly id: MessageId; readonly lease: string },
    to: Exclude<MessageState, 'QUEUED'>,
    { recipient, reference, problem }: Handed & Problem,
  ): Promise<void> {
    const rows = await scope.sql<Moved>(
      'message.settle',
      `UPDATE message SET state = $3, recipient = coalesce($4, recipient), provider_reference = $5, last_problem = $6,
         sent_at = CASE WHEN $3 = 'SENT' THEN now() END, is_stranded = false, lease = NULL, leased_until = NULL
       WHERE id = $1 AND lease = $2 AND state = 'QUEUED' RETURNING ${COLUMNS}, ${IS_LATEST}`,
      [id, lease, to, recipient, reference, problem],
    );
    await this.tell(scope, rows);
  }

  /** As {@link settle}, for a message that nobody could even begin with. */
  async abandon(scope: ChangeScope, id: MessageId, problem: string): Promise<void> {
    const rows = await scope.sql<Moved>(
      'message.abandon',
      `UPDATE message SET state = 'FAILED', last_problem = $2, is_stranded = false, lease = NULL, leased_until = NULL
       WHERE id = $1 AND state = 'QUEUED' RETURNING ${COLUMNS}, ${IS_LATEST}`,
      [id, problem],
    );
    await this.tell(scope, rows);
  }

  /** To be tried again. `lease` is null where no attempt was made. */
  async postpone(
    scope: ChangeScope,
    message: Pick<QueuedMessage, 'id' | 'template'>,
    postponed: {
      readonly lease: string | null;
      readonly until: Date;
      readonly problem: string | null;
      readonly isStranded: boolean;
      readonly recipient: string | null;
    },
  ): Promise<void> {
    const { lease, until, problem, isStranded, recipient } = postponed;
    const rows = await scope.sql(
      'message.postpone',
      `UPDATE message SET next_attempt_at = $3, last_problem = coalesce($4, last_problem), is_stranded = $5,
         recipient = coalesce($6, recipient), lease = NULL, leased_until = NULL
       WHERE id = $1 AND state = 'QUEUED' AND lease IS NOT DISTINCT FROM $2 RETURNING id`,
      [message.id, lease, until, problem, isStranded, recipient],
    );
    if (rows.length === 1) await enqueueDelivery(scope, message, until);
  }

  /** To be looked at again when the attempt that is under way must have ended. */
  async lookAgain(scope: ChangeScope, id: MessageId): Promise<void> {
    const message = await this.find(scope, id);
    if (message?.state !== 'QUEUED') return;
    await enqueueDelivery(scope, message, message.leasedUntil ?? scope.now);
  }

  async hasStranded(scope: Scope, channel: MessageChannel): Promise<boolean> {
    const found = await scope.sql(
      'message.has-stranded',
      `SELECT id FROM message WHERE state = 'QUEUED' AND is_stranded AND channel = $1 LIMIT 1`,
      [channel],
    );
    return found.length > 0;
  }

  /** A channel works (again): what it left stranded is due now. */
  async wake(scope: ChangeScope, channel: MessageChannel): Promise<void> {
    const stranded = await scope.sql<{ id: MessageId; template: MessageTemplate }>(
      'message.wake',
      `UPDATE message SET is_stranded = false, next_attempt_at = now() WHERE id IN (
         SELECT id FROM message WHERE state = 'QUEUED' AND is_stranded AND channel = $1 AND lease IS NULL
         ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING id, template`,
      [channel, WAKE_BATCH],
    );
    for (const message of byId(stranded)) await enqueueDelivery(scope, message);
  }

  /** What has no job any more, for whatever reason, has one again: no message is lost with the outbox's table. */
  async requeueLost(scope: ChangeScope): Promise<void> {
    const lost = await scope.sql<{ id: MessageId; template: MessageTemplate }>(
      'message.requeue-lost',
      `UPDATE message SET next_attempt_at = now() WHERE id IN (
         SELECT id FROM message WHERE state = 'QUEUED' AND next_attempt_at < now() - make_interval(mins => $1)
           AND (leased_until IS NULL OR leased_until <= now()) ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING id, template`,
      [LOST_MINUTES, WAKE_BATCH],
    );
    for (const message of byId(lost)) await enqueueDelivery(scope, message);
  }

  /** What a gateway tells of a message that it took. @returns whether there is such a message */
  async noteReceipt(
    scope: ChangeScope,
    reference: string,
    to: 'DELIVERED' | 'BOUNCED',
  ): Promise<boolean> {
    const rows = await scope.sql<Moved>(
      'message.note-receipt',
      `UPDATE message SET state = $2, last_problem = CASE WHEN $2 = 'BOUNCED' THEN 'The phone could not be reached.' END
       WHERE provider_reference = $1 AND state = 'SENT' RETURNING ${COLUMNS}, ${IS_LATEST}`,
      [reference, to],
    );
    await this.tell(scope, rows);
    if (rows.length > 0) return true;
    const known = await scope.sql(
      'message.by-reference',
      'SELECT id FROM message WHERE provider_reference = $1 LIMIT 1',
      [reference],
    );
    return known.length > 0;
  }

  /** A mail came back. @returns the message, where it is one that was sent, and had not come back yet */
  async noteBounce(
    scope: ChangeScope,
    { id, dispatch }: { readonly id: MessageId; readonly dispatch: number },
    problem: string,
  ): Promise<boolean> {
    const rows = await scope.sql<Moved>(
      'message.note-bounce',
      `UPDATE message SET state = 'BOUNCED', last_problem = $3
       WHERE id = $1 AND dispatch = $2 AND state = 'SENT' RETURNING ${COLUMNS}, ${IS_LATEST}`,
      [id, dispatch, problem],
    );
    await this.tell(scope, rows);
    return rows.length > 0;
  }

  /** Queues a message anew that has come to an end. @returns whether it had */
  async requeue(scope: ChangeScope, id: MessageId): Promise<boolean> {
    const rows = await scope.sql<Moved>(
      'message.requeue',
      `UPDATE message SET state = 'QUEUED', dispatch = dispatch + 1, attempts = 0, queued_at = now(), next_attempt_at = now(),
         last_problem = NULL, provider_reference = NULL, sent_at = NULL
       WHERE id = $1 AND state <> 'QUEUED' RETURNING ${COLUMNS}, ${IS_LATEST}`,
      [id],
    );
    for (const message of rows) await enqueueDelivery(scope, message);
    await this.tell(scope, rows);
    return rows.length > 0;
  }

  /** Deletes, a batch at a time, what came to its end long ago. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'message',
      where: `state <> 'QUEUED' AND created_at < now() - interval '${String(KEPT_DAYS)} days'`,
    });
  }

  private async tell(scope: ChangeScope, rows: readonly Moved[]): Promise<void> {
    for (const { channel, template, subjectId, projectId, state, isLatest } of rows) {
      const about = { channel, template, subjectId, projectId };
      await scope.raise(messageMoved, { ...about, state, isLatest });
    }
  }
}

/** Two who write the jobs of the same messages do so in one order. */
function byId<T extends { readonly id: string }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}
