import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { AuthorityDirectory } from '../authorities/authority-directory.service.js';

/** Why an authority is revoked (RFC 5280 5.3.1). */
export const AUTHORITY_REASONS = [
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
] as const;
export type AuthorityReason = (typeof AUTHORITY_REASONS)[number];

/** What has come of it: refused for the root, and for the authority that issues now, without which nobody would. */
export type AuthorityVerdict = 'REVOKED' | 'REVOKED_BEFORE' | 'UNKNOWN' | 'ROOT' | 'ACTIVE';

/** Ends the trust in an authority below a root, and with it in all that it has issued. Final. */
export class AuthorityRevocationService {
  constructor(
    private readonly directory: AuthorityDirectory,
    private readonly audit: AuditService,
  ) {}

  /** Certificates that it has issued, and that relying parties trust. */
  async trustedBelow(scope: Scope, authorityId: string): Promise<number> {
    const [row] = await scope.sql<{ count: number }>(
      'authority-revocation.trusted-below',
      `SELECT count(*)::int AS count FROM certificate WHERE issuer_id = $1 AND revoked_at IS NULL AND not_after > now()`,
      [authorityId],
    );
    return row?.count ?? 0;
  }

  /** Its own certificates stay as they are; the root's next list names it. */
  async revoke(
    scope: ChangeScope,
    authorityId: string,
    reason: AuthorityReason,
  ): Promise<AuthorityVerdict> {
    const authorities = await this.directory.list(scope);
    const authority = authorities.find(({ id }) => id === authorityId);
    if (authority === undefined) return 'UNKNOWN';
    const { issuerId } = authority;
    if (issuerId === null || issuerId === authority.id) return 'ROOT';
    const revoked = await scope.sql(
      'authority-revocation.revoke',
      `WITH revoked AS (
         UPDATE certificate_authority SET revoked_at = now(), revocation_reason = $2
         WHERE id = $1 AND state = 'RETIRED' AND revoked_at IS NULL RETURNING id)
       INSERT INTO revocation_change (authority_id) SELECT $3 FROM revoked RETURNING id`,
      [authorityId, reason, issuerId],
    );
    if (revoked.length === 0) return authority.state === 'ACTIVE' ? 'ACTIVE' : 'REVOKED_BEFORE';
    await this.audit.record(scope, {
      action: 'certificate-authority.revoke',
      target: `certificate-authority:${authorityId}`,
      detail: reason,
    });
    return 'REVOKED';
  }
}
