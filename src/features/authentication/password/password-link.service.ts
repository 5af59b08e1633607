import { newId, parseId, type UserId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { UserPasswordService } from '../../users/user-password.service.js';
import type { User, UserService } from '../../users/user.service.js';
import {
  PasswordLink,
  type PasswordLinkId,
  type PasswordLinkPurpose,
} from './password-link.entity.js';
import { passwordToken, readPasswordToken } from './password-token.js';

const HOUR_SECONDS = 3600;
const TTL_SECONDS: Readonly<Record<PasswordLinkPurpose, number>> = {
  SET: 7 * 24 * HOUR_SECONDS,
  RESET: HOUR_SECONDS,
};
const TEMPLATES = { SET: 'PASSWORD_INVITATION', RESET: 'PASSWORD_RESET' } as const;
const PURGE_BATCH = 5000;
/** For so long after it was made a link of a reset is mailed again rather than replaced. */
const RESET_KEPT_SECONDS = 600;

/** A link that still opens something: neither used nor voided, and its user is reached where it was mailed to. */
const IS_LIVE = `l.closed_at IS NULL AND l.expires_at > now() AND u.state = 'ACTIVE' AND u.email = l.address`;

/** A link that can be used, and whose password it sets. */
export interface LiveLink {
  readonly id: PasswordLinkId;
  readonly userId: UserId;
  readonly username: string;
  readonly purpose: PasswordLinkPurpose;
}

/** What the mail with a link says. */
export interface PasswordLinkMessage {
  readonly address: string;
  readonly displayName: string;
  readonly username: string;
  readonly link: string;
  readonly expiresAt: Date;
}

/**
 * Links by which users set their passwords. They go to the user's own address and nowhere else: no answer of the API, no log
 * and no entry holds one. The newest alone works, once.
 */
export class PasswordLinkService {
  constructor(
    private readonly ports: {
      readonly keys: KeyRing;
      readonly users: UserService;
      readonly userPasswords: UserPasswordService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
      readonly publicUrl: string;
    },
  ) {}

  /** Invites a user to set his first password; at once where he can be reached, else as soon as he can. */
  async invite(scope: ChangeScope, userId: UserId): Promise<void> {
    await this.issue(scope, await this.ports.users.getLocked(scope, userId), 'SET');
  }

  /** Invites who was to set his first password before, has none yet, and holds no link that works. */
  async inviteAgain(scope: ChangeScope, userId: UserId): Promise<void> {
    const user = await this.ports.users.getLocked(scope, userId);
    const isDue =
      isReachable(user) &&
      (await this.ports.userPasswords.hashOf(scope, userId)) === null &&
      (await this.wasInvited(scope, userId)) &&
      !(await this.holdsLink(scope, userId));
    if (isDue) await this.issue(scope, user, 'SET');
  }

  /**
   * Mails a link for a new password, where there is a password to be replaced or one was to be set. Does nothing for others: not
   * for users whom another system signs in, nor for those who do not exist. As anybody may ask for it, an invitation that works
   * longer than a new link would is mailed again and stays, and so does a link that was just made.
   */
  async mailReset(scope: ChangeScope, userId: UserId): Promise<void> {
    const { users, userPasswords } = this.ports;
    if ((await users.find(scope, userId)) === undefined) return;
    const user = await users.getLocked(scope, userId);
    const hasPassword = (await userPasswords.hashOf(scope, userId)) !== null;
    if (!isReachable(user) || !(hasPassword || (await this.wasInvited(scope, userId)))) return;
    const kept = await this.findKept(scope, userId);
    if (kept === undefined) await this.issue(scope, user, 'RESET');
    else await this.mail(scope, userId, kept);
  }

  /** The link that a token names, or undefined for a text that was never mailed. */
  read(token: string): PasswordLinkId | undefined {
    return readPasswordToken(this.ports.keys, token);
  }

  /** Undefined where the link opens nothing any more. */
  async findLive(scope: Scope, id: PasswordLinkId): Promise<LiveLink | undefined> {
    const [link] = await scope.sql<LiveLink>(
      'password-link.live',
      `SELECT l.id, l.user_id AS "userId", u.username, l.purpose
       FROM password_link l JOIN app_user u ON u.id = l.user_id WHERE l.id = $1 AND ${IS_LIVE}`,
      [id],
    );
    return link;
  }

  /** Uses the link up. Only one caller succeeds. To be called with the user's row locked. */
  async use(scope: ChangeScope, id: PasswordLinkId): Promise<boolean> {
    const used = await scope.sql(
      'password-link.use',
      `UPDATE password_link l SET closed_at = now() FROM app_user u
       WHERE u.id = l.user_id AND l.id = $1 AND ${IS_LIVE} RETURNING l.id`,
      [id],
    );
    return used.length === 1;
  }

  /** Voids all links of a user, for instance when his address or his password changes. */
  async voidAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    await scope.sql(
      'password-link.void-of-user',
      'UPDATE password_link SET closed_at = now() WHERE user_id = $1 AND closed_at IS NULL',
      [userId],
    );
  }

  /** What the mail needs, or null where the link opens nothing any more. */
  async toMail(scope: Scope, text: string): Promise<PasswordLinkMessage | null> {
    const id = parseId<PasswordLinkId>(text);
    if (id === undefined) return null;
    const [row] = await scope.sql<Omit<PasswordLinkMessage, 'link'>>(
      'password-link.to-mail',
      `SELECT l.address, u.display_name AS "displayName", u.username, l.expires_at AS "expiresAt"
       FROM password_link l JOIN app_user u ON u.id = l.user_id WHERE l.id = $1 AND ${IS_LIVE}`,
      [id],
    );
    const { keys, publicUrl } = this.ports;
    return row === undefined
      ? null
      : { ...row, link: `${publicUrl}/set-password#${passwordToken(keys, id)}` };
  }

  /** Deletes, a batch at a time, what is over; a SET link stays while its user has no password, as it says that he is to have one. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'password-link.purge',
      `DELETE FROM password_link WHERE id IN (
         SELECT l.id FROM password_link l LEFT JOIN app_user u ON u.id = l.user_id
         WHERE l.expires_at < now() - interval '1 day' AND (l.purpose = 'RESET' OR u.password_hash IS NOT NULL)
         LIMIT $1)`,
      [PURGE_BATCH],
    );
  }

  private async issue(scope: ChangeScope, user: User, purpose: PasswordLinkPurpose): Promise<void> {
    await this.voidAllOf(scope, user.id);
    const id = newId<PasswordLinkId>();
    const isMailed = isReachable(user);
    await scope.db.insert(PasswordLink, {
      id,
      userId: user.id,
      purpose,
      address: isMailed ? user.email : '',
      createdAt: scope.now,
      expiresAt: new Date(scope.now.getTime() + TTL_SECONDS[purpose] * 1000),
      closedAt: isMailed ? null : scope.now,
    });
    if (isMailed) await this.mail(scope, user.id, { id, purpose });
  }

  private async mail(
    scope: ChangeScope,
    userId: UserId,
    { id, purpose }: Pick<PasswordLink, 'id' | 'purpose'>,
  ): Promise<void> {
    await this.ports.notifications.notify(scope, TEMPLATES[purpose], id);
    await this.ports.audit.record(scope, {
      action: 'password-link.mail',
      target: `user:${userId}`,
      detail: purpose,
    });
  }

  /** The link of a user that who asks for a new password does not void. */
  private async findKept(
    scope: ChangeScope,
    userId: UserId,
  ): Promise<Pick<PasswordLink, 'id' | 'purpose'> | undefined> {
    const [link] = await scope.sql<Pick<PasswordLink, 'id' | 'purpose'>>(
      'password-link.kept',
      `SELECT l.id, l.purpose FROM password_link l JOIN app_user u ON u.id = l.user_id
       WHERE l.user_id = $1 AND ${IS_LIVE} AND CASE l.purpose
         WHEN 'SET' THEN l.expires_at > now() + make_interval(secs => $2)
         ELSE l.created_at > now() - make_interval(secs => $3) END LIMIT 1`,
      [userId, TTL_SECONDS.RESET, RESET_KEPT_SECONDS],
    );
    return link;
  }

  private async wasInvited(scope: Scope, userId: UserId): Promise<boolean> {
    const links = await scope.sql(
      'password-link.was-invited',
      `SELECT 1 AS found FROM password_link WHERE user_id = $1 AND purpose = 'SET' LIMIT 1`,
      [userId],
    );
    return links.length > 0;
  }

  private async holdsLink(scope: Scope, userId: UserId): Promise<boolean> {
    const links = await scope.sql(
      'password-link.of-user',
      `SELECT 1 AS found FROM password_link l JOIN app_user u ON u.id = l.user_id
       WHERE l.user_id = $1 AND ${IS_LIVE} LIMIT 1`,
      [userId],
    );
    return links.length > 0;
  }
}

function isReachable(user: User): user is User & { readonly email: string } {
  return user.state === 'ACTIVE' && user.email !== null;
}
