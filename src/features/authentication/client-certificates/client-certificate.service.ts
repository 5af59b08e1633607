import type { RequestContext, ShownCertificate } from '../../../kernel/actor.js';
import { newId, type UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuthenticationKeyService } from '../../profiles/authentication-key.service.js';
import type { ClientCertificateChecker, TrustedCertificate } from './client-certificate-checker.js';
import type { ClientCertificate, ClientCertificateId } from './client-certificate.entity.js';

export type RegisteredCertificate = ClientCertificate;

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

  /** What the caller shows, where it comes from an accepted authority and may be used for signing in. */
  shown(request: RequestContext): TrustedCertificate | undefined {
    const shown: ShownCertificate | null = request.clientCertificate ?? null;
    if (shown === null) return undefined;
    const checked = this.checker.check(shown, request.now);
    return 'trusted' in checked ? checked.trusted : undefined;
  }

  /** A certificate of Signet's own belongs to its mobile ID's user, whatever was registered; others to who registered them. */
  async holderOf(scope: Scope, certificate: TrustedCertificate): Promise<Holder> {
    const issued = await this.keys.issuedHere(scope, certificate);
    if (issued !== undefined) return { userId: issued.key?.userId ?? null, isIssuedHere: true };
    const registered = await this.find(scope, certificate);
    return { userId: registered?.userId ?? null, isIssuedHere: false };
  }

  /**
   * Whether the certificate is still this user's, now and until this transaction ends: who takes it away waits, and then finds
   * what was proven with it.
   */
  async hold(
    scope: ChangeScope,
    userId: UserId,
    certificate: TrustedCertificate,
  ): Promise<boolean> {
    const issued = await this.keys.issuedHere(scope, certificate);
    if (issued === undefined) {
      const held = await scope.sql(
        'client-certificate.hold',
        'SELECT id FROM client_certificate WHERE fingerprint = $1 AND user_id = $2 FOR SHARE',
        [certificate.fingerprint, userId],
      );
      return held.length === 1;
    }
    if (issued.key === null) return false;
    const key = await this.keys.hold(scope, issued.key.profileId, certificate.fingerprint);
    return key?.userId === userId;
  }

  /** Which of the users have registered one that has not run out. */
  async holders(scope: Scope, userIds: readonly UserId[]): Promise<UserId[]> {
    if (!this.checker.isOn) return [];
    const rows = await scope.sql<{ user_id: UserId }>(
      'client-certificate.holders',
      'SELECT DISTINCT user_id FROM client_certificate WHERE user_id = ANY($1) AND not_after > now()',
      [userIds],
    );
    return rows.map(({ user_id }) => user_id);
  }

  async find(
    scope: Scope,
    { fingerprint }: Pick<TrustedCertificate, 'fingerprint'>,
  ): Promise<RegisteredCertificate | undefined> {
    const [row] = await scope.sql<RegisteredCertificate>(
      'client-certificate.find',
      `SELECT ${COLUMNS} FROM client_certificate WHERE fingerprint = $1`,
      [fingerprint],
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
    { fingerprint, subject, issuer, notAfter }: TrustedCertificate,
  ): Promise<RegisteredCertificate | undefined> {
    const [added] = await scope.sql<RegisteredCertificate>(
      'client-certificate.add',
      `INSERT INTO client_certificate (id, user_id, fingerprint, subject, issuer, not_after, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, now()) ON CONFLICT (fingerprint) DO NOTHING RETURNING ${COLUMNS}`,
      [newId(), userId, fingerprint, subject, issuer, notAfter],
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
