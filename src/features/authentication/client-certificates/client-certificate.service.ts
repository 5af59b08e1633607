import type { RequestContext, ShownCertificate } from '../../../kernel/actor.js';
import { credentialOf } from '../../../kernel/certificate-credential.js';
import { newId, type UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type {
  AuthenticationKeyService,
  IssuedHere,
} from '../../profiles/authentication-key.service.js';
import type { ClientCertificateChecker, TrustedCertificate } from './client-certificate-checker.js';
import type { ClientCertificate, ClientCertificateId } from './client-certificate.entity.js';
import { toBeSignedHash } from './to-be-signed.js';

export type RegisteredCertificate = Omit<ClientCertificate, 'toBeSignedHash'>;

/** Whose certificate it is: `userId` is null for one that nobody may use (any more). */
interface Holder {
  readonly userId: UserId | null;
  /** Signet issued it: the mobile ID says whose it is, and it cannot be registered. */
  readonly isIssuedHere: boolean;
}

const COLUMNS = `id, user_id AS "userId", fingerprint, subject, issuer, not_after AS "notAfter", created_at AS "createdAt"`;

/** Client certificates and whose they are. */
export class ClientCertificateService {
  constructor(
    private readonly checker: ClientCertificateChecker,
    private readonly keys: AuthenticationKeyService,
  ) {}

  /** Whether any certificate could be accepted. */
  get isOn(): boolean {
    return this.checker.isOn;
  }

  /** What the caller shows, where it comes from an accepted authority and may be used for signing in. */
  shown(request: RequestContext): TrustedCertificate | undefined {
    const shown: ShownCertificate | null = request.clientCertificate ?? null;
    if (shown === null) return undefined;
    const checked = this.checker.check(shown, request.now);
    return 'trusted' in checked ? checked.trusted : undefined;
  }

  /** A certificate of Signet's own belongs to its mobile ID's user, whatever was registered; others to who registered them. */
  async holderOf(scope: Scope, certificate: TrustedCertificate): Promise<Holder> {
    const issued = await this.issuedHere(scope, certificate);
    if (issued !== undefined) return { userId: issued.key?.userId ?? null, isIssuedHere: true };
    const registered = await this.find(scope, certificate);
    return { userId: registered?.userId ?? null, isIssuedHere: false };
  }

  /**
   * Makes sure that the certificate is still this user's, now and until this transaction ends: who takes it away waits, and
   * then finds what was proven with it.
   * @returns the credential of that evidence; undefined where it is not his
   */
  async hold(
    scope: ChangeScope,
    userId: UserId,
    certificate: TrustedCertificate,
  ): Promise<string | undefined> {
    const fingerprint = await this.heldFingerprint(scope, userId, certificate);
    return fingerprint && credentialOf(fingerprint);
  }

  /** As it is on record, whichever of its possible signatures is shown. */
  private async heldFingerprint(
    scope: ChangeScope,
    userId: UserId,
    certificate: TrustedCertificate,
  ): Promise<string | undefined> {
    const issued = await this.issuedHere(scope, certificate);
    if (issued === undefined) {
      const [held] = await scope.sql<{ fingerprint: string }>(
        'client-certificate.hold',
        'SELECT fingerprint FROM client_certificate WHERE to_be_signed_hash = $1 AND user_id = $2 FOR SHARE',
        [certificate.toBeSignedHash, userId],
      );
      return held?.fingerprint;
    }
    if (issued.key === null) return undefined;
    const key = await this.keys.hold(scope, issued.key.profileId, issued.key.fingerprint);
    return key?.userId === userId ? key.fingerprint : undefined;
  }

  private async issuedHere(
    scope: Scope,
    certificate: TrustedCertificate,
  ): Promise<IssuedHere | undefined> {
    const issued = await this.keys.issuedHere(scope, certificate.serialNumber);
    if (issued === undefined) return undefined;
    const isSame = toBeSignedHash(issued.certificateDer).equals(certificate.toBeSignedHash);
    return isSame ? issued : undefined;
  }

  /** Which of the users have registered one that has not run out. */
  async holders(scope: Scope, userIds: readonly UserId[]): Promise<UserId[]> {
    if (!this.isOn) return [];
    const rows = await scope.sql<{ user_id: UserId }>(
      'client-certificate.holders',
      'SELECT DISTINCT user_id FROM client_certificate WHERE user_id = ANY($1) AND not_after > now()',
      [userIds],
    );
    return rows.map(({ user_id }) => user_id);
  }

  async find(
    scope: Scope,
    certificate: TrustedCertificate,
  ): Promise<RegisteredCertificate | undefined> {
    const [row] = await scope.sql<RegisteredCertificate>(
      'client-certificate.find',
      `SELECT ${COLUMNS} FROM client_certificate WHERE to_be_signed_hash = $1`,
      [certificate.toBeSignedHash],
    );
    return row;
  }

  /** Oldest first. */
  ofUser(scope: Scope, userId: UserId): Promise<RegisteredCertificate[]> {
    return scope.sql<RegisteredCertificate>(
      'client-certificate.of-user',
      `SELECT ${COLUMNS} FROM client_certificate WHERE user_id = $1 ORDER BY created_at, id`,
      [userId],
    );
  }

  /** @returns undefined where it is registered already */
  async add(
    scope: ChangeScope,
    userId: UserId,
    { toBeSignedHash: hash, fingerprint, subject, issuer, notAfter }: TrustedCertificate,
  ): Promise<RegisteredCertificate | undefined> {
    const [added] = await scope.sql<RegisteredCertificate>(
      'client-certificate.add',
      `INSERT INTO client_certificate (id, user_id, to_be_signed_hash, fingerprint, subject, issuer, not_after, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now()) ON CONFLICT (to_be_signed_hash) DO NOTHING RETURNING ${COLUMNS}`,
      [newId(), userId, hash, fingerprint, subject, issuer, notAfter],
    );
    return added;
  }

  /** @returns whether it was this user's */
  async remove(scope: ChangeScope, userId: UserId, id: ClientCertificateId): Promise<boolean> {
    const removed = await scope.sql(
      'client-certificate.remove',
      'DELETE FROM client_certificate WHERE id = $1 AND user_id = $2 RETURNING id',
      [id, userId],
    );
    return removed.length === 1;
  }
}
