import { DomainError } from '../../kernel/errors.js';
import type { UserId } from '../../kernel/ids.js';
import type { KeyRing } from '../../kernel/secrets.js';
import type { Sql } from '../../platform/scope.js';
import {
  LOCKS_FORGOTTEN_SECONDS,
  METHOD_LIMITS,
  SIGN_IN_ANYWHERE,
  SIGN_IN_HERE,
  type AttemptLimit,
  type CountedMethod,
} from './attempt-limits.js';

/** Whose attempts are counted together. */
interface Counter {
  readonly subject: string;
  readonly method: CountedMethod;
  /** Empty: anywhere. */
  readonly place: string;
  readonly userId: UserId | null;
  readonly limit: AttemptLimit;
}

/** One attempt at proving something, counted before anything is compared. */
export interface Attempt {
  readonly counted: readonly Counter[];
}

/** A sign-in by password, by whoever knows a user name. */
export interface SignInAttempt {
  /** The user name as it is compared. */
  readonly account: string;
  /** Null where nobody has that name: it is counted alike. */
  readonly userId: UserId | null;
  /** Under what the caller's address is counted. */
  readonly address: string;
  /** Whether the account was signed in to from this address lately. */
  readonly isKnownAddress: boolean;
}

/** A row that is not locked and counts no longer: its window is over, or its lock was served. */
const IS_OVER = '(p.window_ends_at <= now() OR p.attempts >= $5)';
const NEXT = `CASE WHEN ${IS_OVER} THEN 1 ELSE p.attempts + 1 END`;
const LOCKS = `CASE WHEN p.locked_at < now() - make_interval(secs => ${String(LOCKS_FORGOTTEN_SECONDS)}) THEN 0 ELSE p.locks END`;
/** The last attempt that is let through locks at once, so that no other is compared beside it; if it was right, that is lifted. */
const COUNT = `
  INSERT INTO proof_attempt AS p (subject, method, place, user_id, attempts, window_ends_at, forget_at)
  VALUES ($1, $2, $3, $4, 1, now() + make_interval(secs => $6), now() + make_interval(secs => $9))
  ON CONFLICT (subject, method, place) DO UPDATE SET
    user_id = excluded.user_id,
    attempts = ${NEXT},
    window_ends_at = CASE WHEN ${IS_OVER} THEN excluded.window_ends_at ELSE p.window_ends_at END,
    locks = CASE WHEN ${NEXT} < $5 THEN ${LOCKS} ELSE ${LOCKS} + 1 END,
    locked_until = CASE WHEN ${NEXT} < $5 THEN p.locked_until
      ELSE now() + make_interval(secs => least($7 * power(2, least(${LOCKS}, 30)), $8)) END,
    locked_at = CASE WHEN ${NEXT} < $5 THEN p.locked_at ELSE now() END,
    reported = ${NEXT} < $5 AND p.reported,
    forget_at = excluded.forget_at
  WHERE p.locked_until IS NULL OR p.locked_until <= now()
  RETURNING p.attempts`;
const GIVE_BACK = `
  UPDATE proof_attempt SET
    attempts = greatest(attempts - 1, 0),
    locks = CASE WHEN attempts >= $4 THEN greatest(locks - 1, 0) ELSE locks END,
    locked_until = CASE WHEN attempts >= $4 THEN NULL ELSE locked_until END,
    reported = attempts >= $4 OR reported
  WHERE subject = $1 AND method = $2 AND place = $3`;

/**
 * Counts attempts: so many wrong ones lock the method for a time, and only that method. Counted in the database, for all sessions
 * and instances together, and never inside the transaction that a refusal undoes.
 */
export class AttemptService {
  /** @param sql on connections of its own */
  constructor(
    private readonly sql: Sql,
    private readonly keys: KeyRing,
  ) {}

  /**
   * To be called outside of transactions, and only for a caller who is in a session of the user, or shows what nobody else knows:
   * who may try can also lock.
   * @throws DomainError RATE_LIMITED with `method` and `retryAfterSeconds` while the method is locked
   */
  count(method: CountedMethod, userId: UserId): Promise<Attempt> {
    const limit = METHOD_LIMITS[method];
    return this.take([{ subject: userId, method, place: '', userId, limit }]);
  }

  /**
   * Where the account was signed in to from this address lately, what others try elsewhere does not count against it: a stranger
   * cannot lock its owner out.
   * @throws DomainError RATE_LIMITED as {@link count}
   */
  countSignIn({ account, userId, address, isKnownAddress }: SignInAttempt): Promise<Attempt> {
    const subject = this.keys.mac('attempt-subject', account).toString('base64url');
    const counter = { subject, method: 'PASSWORD', userId } as const;
    return this.take([
      { ...counter, place: address, limit: SIGN_IN_HERE },
      ...(isKnownAddress ? [] : [{ ...counter, place: '', limit: SIGN_IN_ANYWHERE }]),
    ]);
  }

  /** It was right, and does not count against the user. */
  async succeeded({ counted }: Attempt): Promise<void> {
    for (const { subject, method, place, limit } of counted) {
      await this.sql('attempt.give-back', GIVE_BACK, [subject, method, place, limit.max]);
    }
  }

  private async take(counters: readonly Counter[]): Promise<Attempt> {
    for (const counter of counters) await this.takeOne(counter);
    return { counted: counters };
  }

  private async takeOne(counter: Counter): Promise<void> {
    const { subject, method, place, userId, limit } = counter;
    const { max, windowSeconds, lockSeconds, longestLockSeconds } = limit;
    const isGrowing = longestLockSeconds > lockSeconds;
    const keptSeconds = windowSeconds + longestLockSeconds;
    const taken = await this.sql('attempt.count', COUNT, [
      subject,
      method,
      place,
      userId,
      max,
      windowSeconds,
      lockSeconds,
      longestLockSeconds,
      isGrowing ? keptSeconds + LOCKS_FORGOTTEN_SECONDS : keptSeconds,
    ]);
    if (taken.length === 0) throw await this.locked(counter);
  }

  private async locked({ subject, method, place }: Counter): Promise<DomainError> {
    const [row] = await this.sql<{ seconds: number | null }>(
      'attempt.locked-for',
      `SELECT ceil(extract(epoch FROM locked_until - now()))::integer AS seconds
       FROM proof_attempt WHERE subject = $1 AND method = $2 AND place = $3`,
      [subject, method, place],
    );
    const retryAfterSeconds = Math.max(1, row?.seconds ?? 1);
    return new DomainError('RATE_LIMITED', { method, retryAfterSeconds });
  }
}
