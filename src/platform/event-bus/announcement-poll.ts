import { setTimeout as pause } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import type { Logger } from '../logger.js';
import { CHANNEL } from './notification-listener.js';
import { ownClient, type OwnClient } from './own-client.js';

const EVERY_MS = 400;
/** An answer that takes longer counts as none, and the question is put over a new connection. */
const ANSWER_MS = 2000;
/** Announcements are deleted after ten minutes: who has not looked for half of that may have missed some. */
const LONGEST_GAP_MS = 300_000;
/** Younger than every transaction: finds nothing, and tells from where to look the next time. */
const NOTHING_YET = '9223372036854775807';

/** Both parts see the same snapshot, as it is one statement. */
const LOOK = `
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, now() AS now,
         coalesce((SELECT json_agg(json_build_object('id', a.id::text, 'topic', a.topic) ORDER BY a.id)
                   FROM announcement a WHERE a.xid >= $1), '[]') AS found`;

interface Announced {
  readonly id: string;
  readonly topic: string;
}
/** What the look has found; `isComplete` is false where some may have been missed. */
export interface Look {
  readonly found: readonly Announced[];
  readonly isComplete: boolean;
}
interface Position {
  readonly horizon: string;
  readonly now: Date;
}
type LookRow = Position & { readonly found: readonly Announced[] };

interface Looker {
  readonly begin: () => void;
  readonly end: (look: Look) => void;
  /** What is to be said on the notification channel, if anything. */
  readonly wordToSay: () => string | undefined;
}

/**
 * Looks for announcements at a steady pace, over a connection of its own that no busy pool holds up. What transactions leave that
 * commit out of order is not lost: each look begins at the oldest transaction that was still under way at the look before, so
 * that some are found twice. It keeps its place while the database cannot be reached.
 */
export class AnnouncementPoll {
  private position: Position | undefined;
  private own: OwnClient | undefined;
  private looking: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();
  private isFailing = false;

  constructor(
    private readonly connection: ClientConfig,
    private readonly log: Logger,
    private readonly looker: Looker,
  ) {}

  /** Resolves when nothing that is announced from now on can be missed. */
  async open(): Promise<void> {
    await this.look();
    this.looking = this.run();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.looking;
    await this.own?.end();
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    for (;;) {
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.look().then(
        () => {
          this.succeeded();
        },
        (error: unknown) => {
          this.failed(error);
        },
      );
    }
  }

  private async look(): Promise<void> {
    const { client } = (this.own ??= await this.connect());
    this.looker.begin();
    const { rows } = await client.query<LookRow>({
      name: 'announcements.look',
      text: LOOK,
      values: [this.position?.horizon ?? NOTHING_YET],
    });
    const [row] = rows;
    if (row === undefined) throw new Error('The database did not answer.');
    const isComplete = this.position === undefined || follows(row, this.position);
    this.position = row;
    this.looker.end({ found: row.found, isComplete });
    const word = this.looker.wordToSay();
    if (word !== undefined) await client.query('SELECT pg_notify($1, $2)', [CHANNEL, word]);
  }

  private async connect(): Promise<OwnClient> {
    const own = ownClient({ ...this.connection, query_timeout: ANSWER_MS }, 'signet announcements');
    own.client.on('error', () => {
      if (this.own === own) this.drop();
    });
    try {
      await own.client.connect();
    } catch (error) {
      own.cut();
      throw error;
    }
    return own;
  }

  private drop(): void {
    const { own } = this;
    this.own = undefined;
    own?.cut();
  }

  /** Said once, however long it lasts. */
  private failed(error: unknown): void {
    this.drop();
    if (this.isFailing || this.closing.signal.aborted) return;
    this.isFailing = true;
    this.log.warn({ error }, 'announcements cannot be read');
  }

  private succeeded(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    this.log.info('announcements can be read again');
  }
}

/** Not where another database answers all at once, as after a restore, nor where announcements were deleted in between. */
export function follows(now: Position, before: Position): boolean {
  const gapMs = Math.abs(now.now.getTime() - before.now.getTime());
  return BigInt(now.horizon) >= BigInt(before.horizon) && gapMs < LONGEST_GAP_MS;
}
