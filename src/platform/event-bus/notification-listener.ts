import { randomUUID } from 'node:crypto';
import type { ClientConfig } from 'pg';
import type { Logger } from '../logger.js';
import { ownClient, type OwnClient } from './own-client.js';

/** The PostgreSQL notification channel. */
export const CHANNEL = 'signet';
const RECONNECT_MS = 250;
/** How long the database may take to say that it notifies: a connection can fall silent before. */
const ANSWER_MS = 2000;
/** How often an instance says a word to itself, and how long that may be on its way. */
const HEARING_TEST_MS = 3000;

interface Hearer {
  readonly hear: (payload: string) => void;
  /** Some notifications may not have arrived. */
  readonly missed: () => void;
}

/**
 * Listens to the notifications of the database. A connection that is lost, or that does not bring the words which this instance
 * says to itself (nothing tells a silent connection from a dead one, nor from a pooler that has lent it to others), is replaced.
 */
export class NotificationListener {
  private own: OwnClient | undefined;
  private word: string | undefined;
  private saidAt = -Infinity;
  private closed = false;
  private isHearing = true;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: ClientConfig,
    private readonly log: Logger,
    private readonly hearer: Hearer,
  ) {}

  /** Resolves when notifications arrive. */
  async open(): Promise<void> {
    const own = ownClient({ ...this.connection, query_timeout: ANSWER_MS }, 'signet events');
    own.client.on('notification', ({ payload = '' }) => {
      this.hear(payload);
    });
    own.client.on('error', () => {
      this.replace(own);
    });
    own.client.on('end', () => {
      this.replace(own);
    });
    try {
      await own.client.connect();
      await own.client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      own.cut();
      throw error;
    }
    this.word = undefined;
    this.own = own;
    if (this.closed) own.cut(); // closed while it was on its way
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.own?.end();
  }

  /** To be called now and then. @returns what is to be said on the channel, over another connection, to test the hearing */
  wordToSay(): string | undefined {
    const now = performance.now();
    const { own } = this;
    if (own === undefined || now - this.saidAt < HEARING_TEST_MS) return undefined;
    this.saidAt = now;
    if (this.word !== undefined) {
      this.replace(own);
      return undefined;
    }
    this.word = `hearing-test:${randomUUID()}`;
    return this.word;
  }

  private hear(payload: string): void {
    if (payload !== this.word) {
      this.hearer.hear(payload);
      return;
    }
    this.word = undefined;
    if (!this.isHearing) this.log.info('notifications arrive again');
    this.isHearing = true;
  }

  private replace(lost: OwnClient): void {
    if (this.closed || this.own !== lost) return;
    this.own = undefined;
    lost.cut();
    if (this.isHearing) this.log.warn('notifications do not arrive');
    this.isHearing = false;
    this.tryAgain();
  }

  private tryAgain(): void {
    this.retry = setTimeout(() => {
      this.open().then(
        () => {
          this.hearer.missed();
        },
        () => {
          if (!this.closed) this.tryAgain();
        },
      );
    }, RECONNECT_MS);
  }
}
