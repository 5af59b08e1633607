import { DomainError } from '../../../kernel/errors.js';
import { newId, type UserId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { UserService } from '../../users/user.service.js';
import type { Transport } from './passkey-response.js';
import type { AssertionFacts, KnownCredential, NewCredential } from './passkey-verification.js';
import type { PasskeyId } from './passkey.entity.js';

const MAX_PASSKEYS = 20;

/** A passkey as its owner sees it. */
export interface Passkey {
  readonly id: PasskeyId;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly isBackedUp: boolean;
}

/** What an assertion is verified with. */
export interface VerifiablePasskey {
  readonly id: PasskeyId;
  readonly userId: UserId;
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly isBackupEligible: boolean;
}

const VIEW = `id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", is_backed_up AS "isBackedUp"`;

/** Passkeys of users. */
export class PasskeyService {
  constructor(
    private readonly keys: KeyRing,
    private readonly users: UserService,
  ) {}

  /** Oldest first. */
  list(scope: Scope, userId: UserId): Promise<Passkey[]> {
    return scope.sql<Passkey>(
      'passkey.list',
      `SELECT ${VIEW} FROM passkey WHERE user_id = $1 ORDER BY created_at, id`,
      [userId],
    );
  }

  /** Those of the users who have a passkey. */
  async holders(scope: Scope, userIds: readonly UserId[]): Promise<UserId[]> {
    const rows = await scope.sql<{ user_id: UserId }>(
      'passkey.holders',
      'SELECT DISTINCT user_id FROM passkey WHERE user_id = ANY($1)',
      [userIds],
    );
    return rows.map(({ user_id }) => user_id);
  }

  /** What a browser needs to know of the user's passkeys. */
  async credentialsOf(scope: Scope, userId: UserId): Promise<KnownCredential[]> {
    const rows = await scope.sql<{ credential_id: Buffer; transports: Transport[] }>(
      'passkey.credentials',
      'SELECT credential_id, transports FROM passkey WHERE user_id = $1 ORDER BY created_at, id',
      [userId],
    );
    return rows.map(({ credential_id, transports }) => ({
      credentialId: credential_id.toString('base64url'),
      transports,
    }));
  }

  /** @param credentialId base64url */
  async find(scope: Scope, credentialId: string): Promise<VerifiablePasskey | undefined> {
    const [row] = await scope.sql<Omit<VerifiablePasskey, 'credentialId'>>(
      'passkey.find',
      `SELECT id, user_id AS "userId", public_key AS "publicKey", is_backup_eligible AS "isBackupEligible"
       FROM passkey WHERE credential_id = $1`,
      [Buffer.from(credentialId, 'base64url')],
    );
    return row && { ...row, credentialId };
  }

  /** @throws DomainError CONFLICT where the user has as many as allowed */
  async requireRoom(scope: Scope, userId: UserId): Promise<void> {
    if ((await this.list(scope, userId)).length >= MAX_PASSKEYS) {
      throw new DomainError('CONFLICT', { reason: 'TOO_MANY_PASSKEYS', max: MAX_PASSKEYS });
    }
  }

  /** With the user's row locked. @throws DomainError CONFLICT where there are too many, or the credential is somebody's already */
  async add(
    scope: ChangeScope,
    userId: UserId,
    { name, ...credential }: NewCredential & { readonly name: string },
  ): Promise<Passkey> {
    await this.users.getLocked(scope, userId);
    await this.requireRoom(scope, userId);
    const [added] = await scope.sql<Passkey>(
      'passkey.add',
      `INSERT INTO passkey (id, user_id, credential_id, public_key, counter, transports, is_backup_eligible, is_backed_up, name, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now()) ON CONFLICT (credential_id) DO NOTHING RETURNING ${VIEW}`,
      [
        newId<PasskeyId>(),
        userId,
        Buffer.from(credential.credentialId, 'base64url'),
        credential.publicKey,
        credential.counter,
        credential.transports,
        credential.isBackupEligible,
        credential.isBackedUp,
        name,
      ],
    );
    // WebAuthn section 7.1, step 26: a credential belongs to one account.
    if (added === undefined) throw new DomainError('CONFLICT', { reason: 'PASSKEY_IN_USE' });
    return added;
  }

  /**
   * Notes a use, if the signature counter has moved on; it stays at 0 where the authenticator keeps none. Two uses with one
   * counter do not both succeed. WebAuthn section 6.1.1.
   */
  async use(scope: ChangeScope, id: PasskeyId, facts: AssertionFacts): Promise<boolean> {
    const used = await scope.sql(
      'passkey.use',
      `UPDATE passkey SET counter = $2, is_backed_up = $3, last_used_at = now()
       WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0)) RETURNING id`,
      [id, facts.counter, facts.isBackedUp],
    );
    return used.length === 1;
  }

  /** With the user's row locked. @throws DomainError NOT_FOUND */
  async remove(scope: ChangeScope, userId: UserId, id: PasskeyId): Promise<void> {
    await this.users.getLocked(scope, userId);
    const removed = await scope.sql(
      'passkey.remove',
      'DELETE FROM passkey WHERE id = $1 AND user_id = $2 RETURNING id',
      [id, userId],
    );
    if (removed.length === 0) throw new DomainError('NOT_FOUND');
  }

  /** What authenticators file the user's passkeys under: it says nothing about him. WebAuthn section 14.6.1. */
  userHandle(userId: UserId): Buffer {
    return this.keys.mac('passkey-user', userId);
  }
}
