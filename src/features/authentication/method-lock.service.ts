import type { AuthenticationMethod, RequestContext } from '../../kernel/actor.js';
import { refuseSelf } from '../../kernel/callers.js';
import { invalidInput } from '../../kernel/errors.js';
import type { UserId } from '../../kernel/ids.js';
import { loaderOf } from '../../platform/loaders.js';
import { purge } from '../../platform/database/purge.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { User, UserService } from '../users/user.service.js';
import {
  isCounted,
  METHOD_LIMITS,
  SIGN_IN_ANYWHERE,
  SIGN_IN_HERE,
  type AttemptLimit,
  type CountedMethod,
} from './attempt-limits.js';

/** How a method stands with one user: only those at which something was tried lately. */
export interface MethodLock {
  readonly method: AuthenticationMethod;
  /** Those that were not right. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly lockedUntil: Date | null;
}

interface AttemptRow {
  subject: string;
  user_id: UserId;
  method: CountedMethod;
  place: string;
  attempts: number;
  window_ends_at: Date;
  locked_until: Date | null;
}

const BATCH = 500;

/** What operators see and undo of the locks that failed attempts bring. */
export class MethodLockService {
  constructor(
    private readonly work: UnitOfWork,
    private readonly users: UserService,
    private readonly audit: AuditService,
  ) {}

  /** Read together with the other users that this request asks for. */
  load(request: RequestContext, userId: UserId): Promise<readonly MethodLock[]> {
    const loader = loaderOf<UserId, readonly MethodLock[]>(request, 'method-locks', (ids) =>
      this.ofUsers(this.work.read(request), ids),
    );
    return loader.load(userId);
  }

  /**
   * Not for oneself: who guesses in a stolen session would guess for ever.
   * @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_INPUT for a method whose attempts are not counted
   */
  async unlock(scope: ChangeScope, id: string, method: AuthenticationMethod): Promise<User> {
    if (!isCounted(method)) throw invalidInput('method', 'Its attempts are not counted.');
    const user = await this.users.getLocked(scope, id);
    await this.users.requireAuthorityOver(scope, user);
    refuseSelf(scope, user.id);
    const forgotten = await scope.sql(
      'method-lock.unlock',
      'DELETE FROM proof_attempt WHERE user_id = $1 AND method = $2 RETURNING method',
      [user.id, method],
    );
    if (forgotten.length > 0) {
      const target = `user:${user.id}`;
      await this.audit.record(scope, { action: 'method.unlock', target, detail: method });
    }
    return user;
  }

  /**
   * Writes each new lock of a user's method into the audit log, once; not right away, as the attempt that locks may turn out to be
   * right, and lift the lock.
   */
  async report(scope: ChangeScope): Promise<void> {
    const locked = await scope.sql<Omit<AttemptRow, 'user_id'> & { user_id: UserId | null }>(
      'method-lock.report',
      `UPDATE proof_attempt p SET reported = true FROM (
         SELECT subject, method, place FROM proof_attempt
         WHERE NOT reported AND locked_at < now() - interval '2 seconds' LIMIT $1 FOR UPDATE SKIP LOCKED) due
       WHERE (p.subject, p.method, p.place) = (due.subject, due.method, due.place)
       RETURNING p.user_id, p.method, p.place, p.locked_until`,
      [BATCH],
    );
    for (const { user_id: userId, method, place, locked_until: until } of locked) {
      if (userId === null || until === null) continue; // nobody has that name
      await this.audit.record(scope, {
        action: 'method.lock',
        target: `user:${userId}`,
        detail: `${method} until ${until.toISOString()}${place === '' ? '' : ` from ${place}`}`,
      });
    }
  }

  /** Deletes, a batch at a time, what counts no longer. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'proof_attempt',
      key: 'subject, method, place',
      where: 'forget_at < now()',
    });
  }

  private async ofUsers(
    scope: Scope,
    ids: readonly UserId[],
  ): Promise<readonly (readonly MethodLock[])[]> {
    const rows = await scope.sql<AttemptRow>(
      'method-lock.of-users',
      `SELECT subject, user_id, method, place, attempts, window_ends_at, locked_until
       FROM proof_attempt WHERE user_id = ANY($1)`,
      [ids],
    );
    return ids.map((id) =>
      locksIn(
        rows.filter(({ user_id: userId }) => userId === id),
        scope.now,
      ),
    );
  }
}

/** One for each method: that of its counters which is locked, or nearest to it. */
function locksIn(rows: readonly AttemptRow[], now: Date): readonly MethodLock[] {
  const locks = new Map<CountedMethod, MethodLock>();
  for (const row of rows) {
    const lock = lockIn(row, now);
    const known = locks.get(row.method);
    if (lock !== undefined && (known === undefined || isNearer(lock, known))) {
      locks.set(row.method, lock);
    }
  }
  return (Object.keys(METHOD_LIMITS) as CountedMethod[]).flatMap((method) => {
    const lock = locks.get(method);
    return lock === undefined ? [] : [lock];
  });
}

function lockIn(row: AttemptRow, now: Date): MethodLock | undefined {
  const { method, attempts } = row;
  const { max: maxAttempts } = limitOf(row);
  if (row.locked_until !== null && row.locked_until > now) {
    return { method, attempts, maxAttempts, lockedUntil: row.locked_until };
  }
  const isCounting = attempts > 0 && attempts < maxAttempts && row.window_ends_at > now;
  return isCounting ? { method, attempts, maxAttempts, lockedUntil: null } : undefined;
}

function isNearer(lock: MethodLock, known: MethodLock): boolean {
  const [until, knownUntil] = [lock.lockedUntil?.getTime() ?? 0, known.lockedUntil?.getTime() ?? 0];
  if (until !== knownUntil) return until > knownUntil;
  return lock.attempts / lock.maxAttempts > known.attempts / known.maxAttempts;
}

function limitOf({ method, subject, place, user_id: userId }: AttemptRow): AttemptLimit {
  if (subject === userId) return METHOD_LIMITS[method];
  return place === '' ? SIGN_IN_ANYWHERE : SIGN_IN_HERE;
}
