import type { UserActor } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { newId, type UserId } from '../../../kernel/ids.js';
import { decimalCode, equalSecrets, type KeyRing } from '../../../kernel/secrets.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { User, UserService } from '../../users/user.service.js';
import type { CodeChannel } from './code-channel.service.js';
import { OneTimeCode, type CodeMethod, type OneTimeCodeId } from './one-time-code.entity.js';

export type { CodeMethod } from './one-time-code.entity.js';

export const ONE_TIME_CODE_TTL_SECONDS = 600;
const MAX_ATTEMPTS = 5;
const DIGITS = 6;

/** A code that one attempt was counted at. */
interface CountedCode {
  id: OneTimeCodeId;
  method: CodeMethod;
  code_hash: Buffer;
  address: string;
}

/** What a message with a code says. */
export interface CodeMessage {
  readonly address: string;
  readonly code: string;
  readonly displayName: string;
}

/** One-time codes by mail and by text message: six digits, ten minutes, five attempts, for the session that asked alone. */
export class OneTimeCodeService {
  constructor(
    private readonly keys: KeyRing,
    private readonly users: UserService,
    private readonly channels: Readonly<Record<CodeMethod, CodeChannel>>,
  ) {}

  /** Where a code would be sent, or null where the user cannot be reached this way. */
  addressOf(method: CodeMethod, user: Pick<User, 'email' | 'phone'>): string | null {
    return this.channels[method].addressOf(user);
  }

  /** Those of the users to whom a code could be sent this way. */
  async holders(scope: Scope, userIds: readonly UserId[], method: CodeMethod): Promise<UserId[]> {
    const found = await this.users.byIds(scope, userIds);
    return found.flatMap((user) =>
      user !== undefined && this.addressOf(method, user) !== null ? [user.id] : [],
    );
  }

  /**
   * Queues a new code for the user's address; earlier codes of this session and method are void. The user's row is locked: two
   * calls at once must not leave two codes, and a code must not go to an address that is being replaced.
   * @throws DomainError CHANNEL_NOT_AVAILABLE where the user cannot be reached this way
   */
  async send(scope: ChangeScope, session: UserActor, method: CodeMethod): Promise<OneTimeCodeId> {
    const user = await this.users.getLocked(scope, session.userId);
    const address = this.addressOf(method, user);
    if (address === null) throw new DomainError('CHANNEL_NOT_AVAILABLE');
    await this.voidOfSession(scope, session, method);
    const id = newId<OneTimeCodeId>();
    await scope.db.insert(OneTimeCode, {
      id,
      method,
      sessionId: session.sessionId,
      userId: user.id,
      address,
      codeHash: this.hash(method, id, this.codeOf(method, id)),
      attempts: 0,
      createdAt: scope.now,
      expiresAt: new Date(scope.now.getTime() + ONE_TIME_CODE_TTL_SECONDS * 1000),
      closedAt: null,
    });
    await this.channels[method].send(scope, id);
    return id;
  }

  /** Counts an attempt at the session's code, before anything is compared; undefined where none may be tried (any more). */
  async count(
    scope: ChangeScope,
    session: UserActor,
    method: CodeMethod,
  ): Promise<CountedCode | undefined> {
    const [counted] = await scope.sql<CountedCode>(
      'one-time-code.count',
      `UPDATE one_time_code SET attempts = attempts + 1
       WHERE session_id = $1 AND method = $2 AND closed_at IS NULL AND expires_at > now() AND attempts < $3
       RETURNING id, method, code_hash, address`,
      [session.sessionId, method, MAX_ATTEMPTS],
    );
    return counted;
  }

  /** Whether the guess is right; in constant time. */
  matches(counted: CountedCode, guess: string): boolean {
    return equalSecrets(counted.code_hash, this.hash(counted.method, counted.id, guess));
  }

  /** Uses the code up. Only one caller succeeds. */
  async use(scope: ChangeScope, counted: CountedCode): Promise<boolean> {
    const used = await scope.sql(
      'one-time-code.use',
      'UPDATE one_time_code SET closed_at = now() WHERE id = $1 AND closed_at IS NULL RETURNING id',
      [counted.id],
    );
    return used.length === 1;
  }

  /** Voids a user's codes of one method, or of all, for instance when his address changes. */
  async voidAllOf(scope: ChangeScope, userId: UserId, method?: CodeMethod): Promise<void> {
    await scope.sql(
      'one-time-code.void-of-user',
      `UPDATE one_time_code SET closed_at = now()
       WHERE user_id = $1 AND method = coalesce($2, method) AND closed_at IS NULL`,
      [userId, method ?? null],
    );
  }

  /** Deletes, a batch at a time, what can no longer be used. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, { table: 'one_time_code', where: `expires_at < now() - interval '1 day'` });
  }

  /** What the message needs, or null where the code is no longer good for anything. */
  async toSend(scope: Scope, method: CodeMethod, id: string): Promise<CodeMessage | null> {
    const [row] = await scope.sql<{ address: string; display_name: string }>(
      'one-time-code.to-send',
      `SELECT c.address, u.display_name FROM one_time_code c JOIN app_user u ON u.id = c.user_id
       WHERE c.id = $1 AND c.method = $2 AND c.closed_at IS NULL AND c.expires_at > now() AND u.state = 'ACTIVE'`,
      [id, method],
    );
    if (row === undefined) return null;
    const code = this.codeOf(method, id);
    return { address: row.address, code, displayName: row.display_name };
  }

  private async voidOfSession(
    scope: ChangeScope,
    { sessionId }: UserActor,
    method: CodeMethod,
  ): Promise<void> {
    await scope.sql(
      'one-time-code.void-of-session',
      `UPDATE one_time_code SET closed_at = now()
       WHERE session_id = $1 AND method = $2 AND closed_at IS NULL`,
      [sessionId, method],
    );
  }

  private codeOf(method: CodeMethod, id: string): string {
    return decimalCode(this.keys.mac(this.channels[method].codeKey, id), DIGITS);
  }

  private hash(method: CodeMethod, id: string, code: string): Buffer {
    return this.keys.mac(this.channels[method].hashKey, id, code);
  }
}
