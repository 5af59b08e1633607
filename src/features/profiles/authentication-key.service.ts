import type { ProfileId, UserId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';

/** The key by which a mobile ID shows whose it is. */
export interface AuthenticationKey {
  readonly profileId: ProfileId;
  readonly userId: UserId;
  readonly deviceName: string;
  /** SHA-256 of the certificate, upper case, octets parted by colons. */
  readonly fingerprint: string;
  readonly certificateDer: Buffer;
}

/** A certificate that Signet issued; `key` is null where nobody may use it (any more). */
export interface IssuedHere {
  readonly certificateDer: Buffer;
  readonly key: AuthenticationKey | null;
}

const COLUMNS = `p.id AS "profileId", p.user_id AS "userId", d.name AS "deviceName", c.fingerprint,
  c.der AS "certificateDer"`;
const TABLES = `certificate c JOIN profile p ON p.id = c.profile_id JOIN device d ON d.id = p.device_id`;
/** Valid certificate, active profile, both within their time, and somebody whose it is. */
const STANDS = `c.kind = 'AUTHENTICATION' AND c.status = 'VALID' AND c.not_before <= now() AND c.not_after > now()
  AND p.state = 'ACTIVE' AND p.valid_to > now() AND p.user_id IS NOT NULL`;

/** Whose authentication key it is, and whether it may be used: asked of the database each time. */
export class AuthenticationKeyService {
  /** Those that the user can prove himself with. */
  ofUser(scope: Scope, userId: UserId): Promise<AuthenticationKey[]> {
    return scope.sql<AuthenticationKey>(
      'authentication-key.of-user',
      `SELECT ${COLUMNS} FROM ${TABLES} WHERE p.user_id = $1 AND ${STANDS} ORDER BY p.created_at DESC`,
      [userId],
    );
  }

  /** Which of the users have one. */
  async holders(scope: Scope, userIds: readonly UserId[]): Promise<UserId[]> {
    const rows = await scope.sql<{ user_id: UserId }>(
      'authentication-key.holders',
      `SELECT DISTINCT p.user_id FROM ${TABLES} WHERE p.user_id = ANY($1) AND ${STANDS}`,
      [userIds],
    );
    return rows.map(({ user_id }) => user_id);
  }

  /** The user's own key with this fingerprint, if it may be used. */
  async find(
    scope: Scope,
    userId: UserId,
    fingerprint: string,
  ): Promise<AuthenticationKey | undefined> {
    const [key] = await scope.sql<AuthenticationKey>(
      'authentication-key.find',
      `SELECT ${COLUMNS} FROM ${TABLES} WHERE p.user_id = $1 AND c.fingerprint = $2 AND ${STANDS}`,
      [userId, fingerprint],
    );
    return key;
  }

  /**
   * Whether the key may be used now, and until this transaction ends: who revokes it waits, and then finds what was proven
   * with it.
   */
  async hold(
    scope: ChangeScope,
    profileId: ProfileId,
    fingerprint: string,
  ): Promise<AuthenticationKey | undefined> {
    const [key] = await scope.sql<AuthenticationKey>(
      'authentication-key.hold',
      `SELECT ${COLUMNS} FROM ${TABLES} WHERE p.id = $1 AND c.fingerprint = $2 AND ${STANDS} FOR SHARE OF p, c`,
      [profileId, fingerprint],
    );
    return key;
  }

  /** What Signet issued under this serial number; other authorities may have used it too. */
  async issuedHere(scope: Scope, serialNumber: string): Promise<IssuedHere | undefined> {
    const [row] = await scope.sql<AuthenticationKey & { stands: boolean | null }>(
      'authentication-key.issued-here',
      `SELECT ${COLUMNS}, (${STANDS}) AS stands FROM certificate c
       LEFT JOIN profile p ON p.id = c.profile_id LEFT JOIN device d ON d.id = p.device_id WHERE c.serial_number = $1`,
      [serialNumber],
    );
    return row && { certificateDer: row.certificateDer, key: row.stands === true ? row : null };
  }

  /** The keys of those of these mobile IDs whose users are signed in somewhere; whether or not they may still be used. */
  ofSignedIn(scope: Scope, profileIds: readonly ProfileId[]): Promise<AuthenticationKey[]> {
    return scope.sql<AuthenticationKey>(
      'authentication-key.of-signed-in',
      `SELECT ${COLUMNS} FROM ${TABLES}
       WHERE p.id = ANY($1) AND c.kind = 'AUTHENTICATION' AND EXISTS (
         SELECT 1 FROM session s WHERE s.user_id = p.user_id AND s.ended_at IS NULL AND s.expires_at > now())`,
      [profileIds],
    );
  }
}
