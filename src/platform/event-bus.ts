import { Client, type ClientConfig } from 'pg';
import type { Logger } from './logger.js';
import type { ChangeScope } from './scope.js';

/** The PostgreSQL notification channel; a payload is a {@link Topic}. */
export const CHANNEL = 'signet';
const RECONNECT_MS = 250;
const KEEP_ALIVE_MS = 30_000;

/** What may be waited for; one key per target, so that an event wakes only those whom it concerns. */
export type Topic =
  `enrolment:${string}` | `mobile-id-proof:${string}` | `session:${string}` | 'access-policy';
type Wake = () => void;

/** Tells every instance, once the transaction of `scope` is committed, that there is something new under `topic`. */
export async function announce(scope: ChangeScope, topic: Topic): Promise<void> {
  await scope.sql('event-bus.announce', 'SELECT pg_notify($1, $2)', [CHANNEL, topic]);
}

/**
 * Wakes who waits, over PostgreSQL LISTEN/NOTIFY. A wake-up is a hint and carries nothing: the truth stands in the tables, so
 * one too many does no harm. After a lost connection everybody is woken, as nobody knows what was missed.
 */
export class EventBus {
  private readonly waiting = new Map<Topic, Set<Wake>>();
  private client: Client | undefined;
  private closed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: ClientConfig,
    private readonly log: Logger,
  ) {}

  /** Resolves when notifications arrive. */
  async open(): Promise<void> {
    const client = new Client({
      ...this.connection,
      application_name: 'signet events',
      keepAlive: true, // nothing is ever sent on it, so a dead peer would not be noticed otherwise
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    });
    client.on('notification', ({ payload }) => {
      this.wake(payload as Topic);
    });
    client.on('error', () => {
      this.reconnect(client);
    });
    client.on('end', () => {
      this.reconnect(client);
    });
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`).catch(async (error: unknown) => {
      await client.end().catch(() => undefined);
      throw error;
    });
    this.client = client;
    if (this.closed) await client.end(); // closed while it was on its way
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
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end();
  }

  private forget(topic: Topic, wake: Wake): void {
    const wakes = this.waiting.get(topic);
    wakes?.delete(wake);
    if (wakes?.size === 0) this.waiting.delete(topic);
  }

  private wake(topic: Topic): void {
    for (const wake of this.waiting.get(topic) ?? []) wake();
  }

  private reconnect(lost: Client): void {
    if (this.closed || this.client !== lost) return;
    this.client = undefined;
    this.log.warn('event bus lost its connection');
    this.tryAgain();
  }

  private tryAgain(): void {
    this.retry = setTimeout(() => {
      this.open().then(
        () => {
          this.log.info('event bus is connected again');
          for (const topic of this.waiting.keys()) this.wake(topic);
        },
        () => {
          if (!this.closed) this.tryAgain();
        },
      );
    }, RECONNECT_MS);
  }
}
