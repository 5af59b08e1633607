import type { UserActor } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { newId, type UserId } from '../../../kernel/ids.js';
import { decimalCode, equalSecrets, type KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { UserService } from '../../users/user.service.js';
import { EmailCode, type EmailCodeId } from './email-code.entity.js';

export const EMAIL_CODE_TTL_SECONDS = 600;
const MAX_ATTEMPTS = 5;
const DIGITS = 6;
const PURGE_BATCH = 5000;

/** A code that one attempt was counted at. */
interface CountedCode {
  id: EmailCodeId;
  code_hash: Buffer;
  address: string;
}

/** One-time codes by mail (the method EMAIL_CODE): six digits, ten minutes, five attempts. */
export class EmailCodeService {
  constructor(
    private readonly keys: KeyRing,
    private readonly users: UserService,
    private readonly notifications: NotificationService,
  ) {}

  /**
   * Queues a new code for the user's address; earlier codes of this session are void. The user's row is locked: two calls at
   * once must not leave two codes, and a code must not go to an address that is being replaced.
   * @throws DomainError CHANNEL_NOT_AVAILABLE where the user has no address
   */
  async send(scope: ChangeScope, session: UserActor): Promise<EmailCodeId> {
    const user = await this.users.getLocked(scope, session.userId);
    if (user.email === null) throw new DomainError('CHANNEL_NOT_AVAILABLE');
    await this.close(scope, 'session_id', session.sessionId);
    const id = newId<EmailCodeId>();
    await scope.db.insert(EmailCode, {
      id,
      sessionId: session.sessionId,
      userId: user.id,
      address: user.email,
      codeHash: this.hash(id, this.codeOf(id)),
      attempts: 0,
      createdAt: scope.now,
      expiresAt: new Date(scope.now.getTime() + EMAIL_CODE_TTL_SECONDS * 1000),
      closedAt: null,
    });
    await this.notifications.notify(scope, 'SIGN_IN_CODE', id);
    return id;
  }

  /** Counts an attempt at the session's code, before anything is compared; undefined where none may be tried (any more). */
  async count(scope: ChangeScope, session: UserActor): Promise<CountedCode | undefined> {
    const [counted] = await scope.sql<CountedCode>(
      'email-code.count',
      `UPDATE email_code SET attempts = attempts + 1
       WHERE session_id = $1 AND closed_at IS NULL AND expires_at > now() AND attempts < $2
       RETURNING id, code_hash, address`,
      [session.sessionId, MAX_ATTEMPTS],
    );
    return counted;
  }

  /** Whether the guess is right; in constant time. */
  matches(counted: CountedCode, guess: string): boolean {
    return equalSecrets(counted.code_hash, this.hash(counted.id, guess));
  }

  /** Uses the code up. Only one caller succeeds. */
  async use(scope: ChangeScope, counted: CountedCode): Promise<boolean> {
    const used = await scope.sql(
      'email-code.use',
      'UPDATE email_code SET closed_at = now() WHERE id = $1 AND closed_at IS NULL RETURNING id',
      [counted.id],
    );
    return used.length === 1;
  }

  /** Voids all codes of a user, for instance when his address changes. */
  async voidAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    await this.close(scope, 'user_id', userId);
  }

  /** Deletes, a batch at a time, what can no longer be used. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'email-code.purge',
      `DELETE FROM email_code WHERE id IN (
         SELECT id FROM email_code WHERE expires_at < now() - interval '1 day' LIMIT $1)`,
      [PURGE_BATCH],
    );
  }

  /** What the mail needs, or null where the code is no longer good for anything. */
  async toMail(
    scope: Scope,
    id: string,
  ): Promise<{ address: string; code: string; displayName: string } | null> {
    const [row] = await scope.sql<{ address: string; display_name: string }>(
      'email-code.to-mail',
      `SELECT c.address, u.display_name FROM email_code c JOIN app_user u ON u.id = c.user_id
       WHERE c.id = $1 AND c.closed_at IS NULL AND c.expires_at > now() AND u.state = 'ACTIVE'`,
      [id],
    );
    if (row === undefined) return null;
    return { address: row.address, code: this.codeOf(id), displayName: row.display_name };
  }

  private async close(
    scope: ChangeScope,
    column: 'session_id' | 'user_id',
    value: string,
  ): Promise<void> {
    await scope.sql(
      `email-code.close-by-${column}`,
      `UPDATE email_code SET closed_at = now() WHERE ${column} = $1 AND closed_at IS NULL`,
      [value],
    );
  }

  private codeOf(id: string): string {
    return decimalCode(this.keys.mac('email-code', id), DIGITS);
  }

  private hash(id: string, code: string): Buffer {
    return this.keys.mac('email-code-hash', id, code);
  }
}
