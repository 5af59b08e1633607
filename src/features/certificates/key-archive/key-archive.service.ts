import { createPublicKey, type KeyObject } from 'node:crypto';
import { newId, type CertificateId, type UserId } from '../../../kernel/ids.js';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { sha256 } from '../../../kernel/secrets.js';
import { StartupError } from '../../../kernel/startup-error.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { KeyToCertify } from '../issuance.service.js';
import { newSoftwareKey, softwareKey } from '../x509/signing-key.js';
import { RecoveryKey, type ArchivedKey } from './key-archive.entity.js';
import {
  algorithmFor,
  openKey,
  publicKeyHashOf,
  sealKey,
  type EnvelopeLabel,
  type Recipient,
} from './key-envelope.js';
import {
  newRecoveryKey,
  RecoveryKeys,
  recoveryPublicKey,
  type RecoveryPublicKey,
} from './recovery-keys.js';

export { newRecoveryKey, RecoveryKeys, type RecoveryPublicKey };
export { readWrappingKey } from './wrapping-key.js';
export type { Recipient };

/** Key types that the server makes, the preferred one first; others take it too long. */
export const SERVER_ALGORITHMS = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072'] as const;

/** An encryption key on its way to phone and archive. There is no other kind: nothing else is ever made here, or kept. */
export interface ServerMadeKey extends KeyToCertify {
  readonly kind: 'ENCRYPTION';
  readonly origin: 'SERVER';
  readonly keyAlgorithm: KeyAlgorithm;
  readonly certificateId: CertificateId;
  /** Overwrite it when it is delivered. */
  readonly pkcs8: Buffer;
}

/** An archived key, and whose it is: it is bound to both, so that no change of the database lets another user have it. */
export interface OwnedKey {
  readonly certificateId: CertificateId;
  readonly userId: UserId;
}

/** Makes encryption keys, keeps them for the recovery key alone, and opens them where its private half is at hand. */
export class KeyArchiveService {
  constructor(private readonly recoveryKeys: RecoveryKeys) {}

  /** Whether keys can be archived: a recovery key has been set up. */
  async isReady(scope: Scope): Promise<boolean> {
    return (await this.current(scope)) !== undefined;
  }

  /** Recovery keys whose private half this process has. */
  get openableBy(): readonly string[] {
    return this.recoveryKeys.ids;
  }

  /** Off the event loop; call it outside of transactions. */
  async make(algorithm: KeyAlgorithm): Promise<ServerMadeKey> {
    const pkcs8 = await newSoftwareKey(algorithm);
    const { spki: publicKeySpki } = softwareKey(pkcs8);
    return {
      kind: 'ENCRYPTION',
      origin: 'SERVER',
      certificateId: newId(),
      publicKeySpki,
      publicKeyHash: sha256(publicKeySpki),
      keyAlgorithm: algorithm,
      pkcs8,
    };
  }

  /** Once its certificate is stored, in the same transaction. @throws Error without a user: nobody could ever recover it */
  async archive(
    scope: ChangeScope,
    { certificateId, pkcs8 }: Pick<ServerMadeKey, 'certificateId' | 'pkcs8'>,
    userId: UserId | null,
  ): Promise<void> {
    if (userId === null) throw new Error('Keys are archived for users alone.');
    const current = await this.current(scope);
    if (current === undefined) throw new Error('There is no recovery key to archive keys for.');
    const key = createPublicKey({ key: current.publicKey, format: 'der', type: 'spki' });
    const jwe = await sealKey(
      { key, algorithm: algorithmFor(key) },
      labelOf({ certificateId, userId }, current.id),
      pkcs8,
    );
    await scope.sql(
      'key-archive.store',
      `INSERT INTO archived_key (certificate_id, kind, key_origin, recovery_key_id, jwe, created_at)
       VALUES ($1, 'ENCRYPTION', 'SERVER', $2, $3, now())`,
      [certificateId, current.id, jwe],
    );
  }

  /**
   * The archived key, PKCS #8: overwrite it after use. Undefined where this process lacks the recovery key it is kept for.
   * @throws Error where the archive was tampered with, or holds another key than the certificate's, or another user's
   */
  async open(scope: Scope, owned: OwnedKey): Promise<Buffer | undefined> {
    const { certificateId } = owned;
    const [row] = await scope.sql<ArchivedKey & { publicKeyHash: Buffer }>(
      'key-archive.find',
      `SELECT a.recovery_key_id AS "recoveryKeyId", a.jwe, c.public_key_hash AS "publicKeyHash"
       FROM archived_key a JOIN certificate c ON c.id = a.certificate_id WHERE a.certificate_id = $1`,
      [certificateId],
    );
    if (row === undefined) throw new Error('This key is not archived.');
    const key = this.recoveryKeys.get(row.recoveryKeyId);
    if (key === undefined) return undefined;
    const pkcs8 = await openKey(key, labelOf(owned, row.recoveryKeyId), row.jwe);
    if (publicKeyHashOf(pkcs8).equals(row.publicKeyHash)) return pkcs8;
    pkcs8.fill(0);
    throw new Error('The archived key belongs to another certificate.');
  }

  /** For the phone: JWE, compact. */
  wrap(recipient: Recipient, certificateId: CertificateId, pkcs8: Buffer): Promise<string> {
    return sealKey(recipient, { typ: 'wrapped-key', certificateId }, pkcs8);
  }

  /**
   * At a start: the first recovery key that the server is given becomes the one that keys are archived for.
   * @returns its id, where that is so
   * @throws StartupError where others were set up, and this is none of them
   */
  async adopt(scope: ChangeScope): Promise<string | undefined> {
    const [given] = this.recoveryKeys.publicKeys;
    if (given === undefined) return undefined;
    const known = await this.lockAll(scope);
    if (known.length === 0) {
      await this.register(scope, given);
      return given.id;
    }
    if (known.some(({ id }) => this.openableBy.includes(id))) return undefined;
    throw new StartupError(
      'RECOVERY_KEY is none of the keys that this database archives for. "npm run recovery -- init --new" adds one.',
    );
  }

  /** From now on keys are archived for this one. @throws StartupError where there is one, unless `asNew` is meant */
  async introduce(scope: ChangeScope, key: KeyObject, asNew: boolean): Promise<RecoveryPublicKey> {
    const introduced = await recoveryPublicKey(key);
    const known = await this.lockAll(scope);
    if (known.some(({ id }) => id === introduced.id)) {
      throw new StartupError('This recovery key is known already.');
    }
    if (known.length > 0 && !asNew) {
      throw new StartupError(
        'There is a recovery key already. --new makes another take its place.',
      );
    }
    await this.register(scope, introduced);
    return introduced;
  }

  private async lockAll(scope: ChangeScope): Promise<RecoveryKey[]> {
    await scope.db.query(`SELECT pg_advisory_xact_lock(hashtext('signet recovery key'))`);
    return scope.db.find(RecoveryKey);
  }

  private async register(scope: ChangeScope, { id, spki }: RecoveryPublicKey): Promise<void> {
    await scope.db.insert(RecoveryKey, { id, publicKey: spki, createdAt: scope.now });
  }

  private async current(scope: Scope): Promise<RecoveryKey | undefined> {
    const [row] = await scope.sql<RecoveryKey>(
      'key-archive.current',
      'SELECT id, public_key AS "publicKey" FROM recovery_key ORDER BY created_at DESC LIMIT 1',
      [],
    );
    return row;
  }
}

function labelOf({ certificateId, userId }: OwnedKey, kid: string): EnvelopeLabel {
  return { typ: 'archived-key', certificateId, userId, kid };
}
