import { randomBytes } from 'node:crypto';
import { DomainError } from '../../../kernel/errors.js';
import { newId, parseId, type UserId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { UserService } from '../../users/user.service.js';
import { SECRET_BYTES, issuerOf, matchingSteps, secretText, totpUri } from './totp-code.js';
import { TotpAuthenticatorEntity, type TotpAuthenticatorId } from './totp-authenticator.entity.js';

const MAX_AUTHENTICATORS = 5;
const CONFIRM_SECONDS = 600;

/** An authenticator app as its owner sees it. */
export interface TotpAuthenticator {
  readonly id: TotpAuthenticatorId;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly isConfirmed: boolean;
}

/** What is shown once, for an app to take in. */
export interface TotpEnrolment {
  readonly authenticator: TotpAuthenticator;
  /** Base32. */
  readonly secret: string;
  readonly uri: string;
}

/** A time step of an authenticator whose code was given. */
export interface TotpMatch {
  readonly id: TotpAuthenticatorId;
  readonly step: number;
}

interface SecretRow {
  id: TotpAuthenticatorId;
  sealed_secret: Buffer;
}

const VIEW = `id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", confirmed_at IS NOT NULL AS "isConfirmed"`;
const IS_THERE = '(confirmed_at IS NOT NULL OR expires_at > now())';

/** Authenticator apps of users (the method TOTP): their secrets, and which of their codes are used up. */
export class TotpService {
  private readonly issuer: string;

  constructor(
    private readonly keys: KeyRing,
    private readonly users: UserService,
    publicUrl: string,
  ) {
    this.issuer = issuerOf(publicUrl);
  }

  /** Oldest first, with those that wait to be confirmed. */
  list(scope: Scope, userId: UserId): Promise<TotpAuthenticator[]> {
    return scope.sql<TotpAuthenticator>(
      'totp.list',
      `SELECT ${VIEW} FROM totp_authenticator WHERE user_id = $1 AND ${IS_THERE} ORDER BY created_at, id`,
      [userId],
    );
  }

  /** Those of the users who could prove themselves by TOTP. */
  async holders(scope: Scope, userIds: readonly UserId[]): Promise<UserId[]> {
    const rows = await scope.sql<{ user_id: UserId }>(
      'totp.holders',
      `SELECT DISTINCT user_id FROM totp_authenticator WHERE user_id = ANY($1) AND confirmed_at IS NOT NULL`,
      [userIds],
    );
    return rows.map(({ user_id }) => user_id);
  }

  /**
   * Makes an authenticator that gives no proof until it is confirmed. Where the user has as many as allowed, it takes the place
   * of the oldest that still waits.
   * @throws DomainError CONFLICT where all of them are confirmed
   */
  async start(scope: ChangeScope, userId: UserId, name: string): Promise<TotpEnrolment> {
    const user = await this.users.getLocked(scope, userId);
    await this.makeRoom(scope, userId);
    const id = newId<TotpAuthenticatorId>();
    const secret = randomBytes(SECRET_BYTES);
    await scope.db.insert(TotpAuthenticatorEntity, {
      id,
      userId,
      name,
      sealedSecret: this.keys.seal('totp-secret', id, secret),
      lastStep: 0,
      createdAt: scope.now,
      expiresAt: new Date(scope.now.getTime() + CONFIRM_SECONDS * 1000),
      confirmedAt: null,
      lastUsedAt: null,
    });
    return {
      authenticator: { id, name, createdAt: scope.now, lastUsedAt: null, isConfirmed: false },
      secret: secretText(secret),
      uri: totpUri(this.issuer, user.username, secret),
    };
  }

  /** Compares a guess with the codes of the user's confirmed authenticators. */
  async matches(scope: Scope, userId: UserId, guess: string): Promise<TotpMatch[]> {
    const rows = await scope.sql<SecretRow>(
      'totp.secrets',
      `SELECT id, sealed_secret FROM totp_authenticator WHERE user_id = $1 AND confirmed_at IS NOT NULL`,
      [userId],
    );
    return rows.flatMap((row) => this.compare(row, guess, scope.now));
  }

  /**
   * Compares a guess with the codes of an authenticator that waits to be confirmed.
   * @throws DomainError NOT_FOUND; INVALID_TRANSITION where it is confirmed
   */
  async matchesWaiting(
    scope: Scope,
    userId: UserId,
    { id, guess }: { readonly id: string; readonly guess: string },
  ): Promise<TotpMatch[]> {
    const [row] = await scope.sql<SecretRow & { is_confirmed: boolean }>(
      'totp.secret-of-waiting',
      `SELECT id, sealed_secret, confirmed_at IS NOT NULL AS is_confirmed
       FROM totp_authenticator WHERE id = $1 AND user_id = $2 AND ${IS_THERE}`,
      [parseId<TotpAuthenticatorId>(id) ?? null, userId],
    );
    if (row === undefined) throw new DomainError('NOT_FOUND');
    if (row.is_confirmed) throw new DomainError('INVALID_TRANSITION', { from: 'CONFIRMED' });
    return this.compare(row, guess, scope.now);
  }

  /** From now on it gives proofs; the code that confirmed it is used up. Undefined where that has happened already. */
  async confirm(
    scope: ChangeScope,
    userId: UserId,
    { id, step }: TotpMatch,
  ): Promise<TotpAuthenticator | undefined> {
    await this.users.getLocked(scope, userId);
    const [confirmed] = await scope.sql<TotpAuthenticator>(
      'totp.confirm',
      `UPDATE totp_authenticator SET confirmed_at = now(), last_step = $2
       WHERE id = $1 AND confirmed_at IS NULL AND expires_at > now() RETURNING ${VIEW}`,
      [id, step],
    );
    return confirmed;
  }

  /** Uses one of the matching codes up, and with it all codes before it. Only one caller succeeds. RFC 6238 section 5.2. */
  async use(
    scope: ChangeScope,
    matches: readonly TotpMatch[],
  ): Promise<TotpAuthenticatorId | undefined> {
    for (const { id, step } of matches) {
      const used = await scope.sql(
        'totp.use',
        `UPDATE totp_authenticator SET last_step = $2, last_used_at = now()
         WHERE id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL RETURNING id`,
        [id, step],
      );
      if (used.length === 1) return id;
    }
    return undefined;
  }

  /** With the user's row locked. @throws DomainError NOT_FOUND */
  async remove(
    scope: ChangeScope,
    userId: UserId,
    id: TotpAuthenticatorId,
  ): Promise<TotpAuthenticator> {
    await this.users.getLocked(scope, userId);
    const [removed] = await scope.sql<TotpAuthenticator>(
      'totp.remove',
      `DELETE FROM totp_authenticator WHERE id = $1 AND user_id = $2 AND ${IS_THERE} RETURNING ${VIEW}`,
      [id, userId],
    );
    if (removed === undefined) throw new DomainError('NOT_FOUND');
    return removed;
  }

  /** Deletes, a batch at a time, what was never confirmed. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'totp_authenticator',
      where: 'confirmed_at IS NULL AND expires_at <= now()',
    });
  }

  private async makeRoom(scope: ChangeScope, userId: UserId): Promise<void> {
    const present = await this.list(scope, userId);
    if (present.length < MAX_AUTHENTICATORS) return;
    const oldest = present.find(({ isConfirmed }) => !isConfirmed);
    if (oldest === undefined) {
      throw new DomainError('CONFLICT', {
        reason: 'TOO_MANY_AUTHENTICATORS',
        max: MAX_AUTHENTICATORS,
      });
    }
    await scope.db.delete(TotpAuthenticatorEntity, { id: oldest.id });
  }

  private compare({ id, sealed_secret }: SecretRow, guess: string, now: Date): TotpMatch[] {
    const secret = this.keys.open('totp-secret', id, sealed_secret);
    return matchingSteps(secret, guess, now).map((step) => ({ id, step }));
  }
}
