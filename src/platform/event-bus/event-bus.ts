import type { ClientConfig } from 'pg';
import { AnnouncementPoll, type Look } from './announcement-poll.js';
import { Heard } from './heard.js';
import type { Logger } from '../logger.js';
import { CHANNEL, NotificationListener } from './notification-listener.js';
import { purge } from '../database/purge.js';
import type { ChangeScope } from '../scope.js';

export { CHANNEL };
const KEPT = `interval '10 minutes'`;

/** What may be waited for; one key per target, so that an event wakes only those whom it concerns. */
export type Topic =
  | `enrolment:${string}`
  | `enrolment-batch:${string}`
  | `mobile-id-proof:${string}`
  | `project:${string}`
  | `session:${string}`
  | `api-client:${string}`
  | 'access-policy'
  | 'authorities';
type Wake = () => void;

const NOTIFY = 'SELECT pg_notify($1, topic) FROM unnest($2::text[]) topic';
const KEEP_AND_NOTIFY = `
  WITH kept AS (
    INSERT INTO announcement (topic, xid, at)
    SELECT topic, pg_current_xact_id()::text::bigint, now() FROM unnest($2::text[]) topic RETURNING id, topic)
  SELECT pg_notify($1, topic || ' ' || id) FROM kept`;

/**
 * Tells every instance, once the transaction of `scope` is committed, that there is something new under each topic. What concerns
 * rights is kept for a while, so that an instance learns of it within a second even where notifications do not reach it.
 */
export async function announce(scope: ChangeScope, ...topics: readonly Topic[]): Promise<void> {
  const kept = topics.filter(isAboutRights);
  const passing = topics.filter((topic) => !isAboutRights(topic));
  if (kept.length > 0) await scope.sql('event-bus.keep', KEEP_AND_NOTIFY, [CHANNEL, kept]);
  if (passing.length > 0) await scope.sql('event-bus.notify', NOTIFY, [CHANNEL, passing]);
}

/** Deletes, a batch at a time, announcements that every instance has seen long ago. */
export async function purgeAnnouncements(scope: ChangeScope): Promise<void> {
  await purge(scope, { table: 'announcement', where: `at < now() - ${KEPT}` });
}

/**
 * Wakes who waits. A wake-up is a hint and carries nothing: the truth stands in the tables, so one too many does no harm. All are
 * heard by notifications; those about rights are looked for in a table besides, and whichever comes first counts. After a
 * connection that did not hear, who waits for the others is woken, as nobody knows what was missed.
 */
export class EventBus {
  private readonly waiting = new Map<Topic, Set<Wake>>();
  private readonly heard = new Heard();
  private readonly listener: NotificationListener;
  private readonly poll: AnnouncementPoll;

  constructor(
    connection: ClientConfig,
    private readonly log: Logger,
  ) {
    this.listener = new NotificationListener(connection, log, {
      hear: (payload) => {
        this.hear(payload);
      },
      missed: () => {
        this.wakeAll((topic) => !isAboutRights(topic));
      },
    });
    this.poll = new AnnouncementPoll(connection, log, {
      begin: () => {
        this.heard.beginLook();
      },
      end: (look) => {
        this.take(look);
      },
      wordToSay: () => this.listener.wordToSay(),
    });
  }

  /** Resolves when nothing that is announced from now on can be missed. */
  async open(): Promise<void> {
    await this.listener.open();
    await this.poll.open().catch(async (error: unknown) => {
      await this.listener.close();
      throw error;
    });
  }

  /** Calls `wake` at each announcement under `topic`, until the returned function is called. */
  listen(topic: Topic, wake: Wake): () => void {
    const known = this.waiting.get(topic);
    if (known === undefined) this.waiting.set(topic, new Set([wake]));
    else known.add(wake);
    return () => {
      this.forget(topic, wake);
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.poll.close(), this.listener.close()]);
  }

  private hear(payload: string): void {
    const [topic = '', id] = payload.split(' ');
    if (id === undefined || this.heard.note(id)) this.wake(topic as Topic);
  }

  private take({ found, isComplete }: Look): void {
    for (const { id, topic } of found) if (this.heard.note(id)) this.wake(topic as Topic);
    this.heard.endLook(found.map(({ id }) => id));
    if (isComplete) return;
    this.log.warn('announcements may have been missed; everybody is judged anew');
    this.wakeAll(isAboutRights);
  }

  private forget(topic: Topic, wake: Wake): void {
    const wakes = this.waiting.get(topic);
    wakes?.delete(wake);
    if (wakes?.size === 0) this.waiting.delete(topic);
  }

  private wakeAll(fits: (topic: Topic) => boolean): void {
    for (const topic of [...this.waiting.keys()].filter(fits)) this.wake(topic);
  }

  private wake(topic: Topic): void {
    for (const wake of this.waiting.get(topic) ?? []) wake();
  }
}

/** Where somebody could keep what he has lost, if it were not heard of. */
function isAboutRights(topic: Topic): boolean {
  return (
    topic === 'access-policy' || topic.startsWith('session:') || topic.startsWith('api-client:')
  );
}
