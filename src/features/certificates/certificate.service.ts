import { CERTIFICATE_KINDS, type CertificateKind } from '../../kernel/certificate-kind.js';
import type { CertificateId, ProfileId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import { certificatesChanged } from './certificate.events.js';
import type { Certificate } from './certificate.entity.js';
import { predecessorsOf, type RevocationReason } from './certificate-status.js';

export { encodeCertsOnly } from './x509/certs-only.js';
export { encodeCsrAttributes } from './x509/csr-attributes.js';
export { pemOf } from './x509/pem.js';
export type { Certificate, RevocationReason };

interface Changed {
  readonly id: CertificateId;
}

export const CERTIFICATE_COLUMNS = `id, profile_id AS "profileId", issuer_id AS "issuerId", kind, status, serial_number AS "serialNumber",
  subject, issuer, not_before AS "notBefore", not_after AS "notAfter", key_origin AS "keyOrigin", der, fingerprint,
  public_key_hash AS "publicKeyHash", revoked_at AS "revokedAt", revocation_reason AS "revocationReason"`;

const CURRENT = `
  SELECT ${CERTIFICATE_COLUMNS} FROM certificate
  WHERE profile_id = $1 AND kind = $2 AND status = 'VALID' AND not_after > now()
  ORDER BY not_before DESC, id LIMIT 1`;

/** Certificates that were issued, and their status. */
export class CertificateService {
  async find(scope: Scope, id: CertificateId): Promise<Certificate | undefined> {
    const [row] = await this.byIds(scope, [id]);
    return row;
  }

  /** Those that are there, the newest first. */
  byIds(scope: Scope, ids: readonly CertificateId[]): Promise<Certificate[]> {
    return scope.sql<Certificate>(
      'certificate.by-ids',
      `SELECT ${CERTIFICATE_COLUMNS} FROM certificate WHERE id = ANY($1) ORDER BY not_before DESC, id`,
      [ids],
    );
  }

  /** Exactly this certificate, if it was issued here. */
  async issuedHere(
    scope: Scope,
    serialNumber: string,
    der: Buffer,
  ): Promise<Certificate | undefined> {
    const [row] = await scope.sql<Certificate>(
      'certificate.issued-here',
      `SELECT ${CERTIFICATE_COLUMNS} FROM certificate WHERE serial_number = $1`,
      [serialNumber],
    );
    return row?.der.equals(der) === true ? row : undefined;
  }

  /** The newest of a mobile ID's certificates of this kind that can be relied on. */
  async current(
    scope: Scope,
    profileId: ProfileId,
    kind: CertificateKind,
  ): Promise<Certificate | undefined> {
    const [row] = await scope.sql<Certificate>('certificate.current', CURRENT, [profileId, kind]);
    return row;
  }

  /** The same, locked until the transaction ends. */
  async lockCurrent(
    scope: ChangeScope,
    profileId: ProfileId,
    kind: CertificateKind,
  ): Promise<Certificate | undefined> {
    const [row] = await scope.sql<Certificate>(
      'certificate.lock-current',
      `${CURRENT} FOR UPDATE`,
      [profileId, kind],
    );
    return row;
  }

  /** Within each profile in the order of {@link CERTIFICATE_KINDS}. */
  async ofProfiles(
    scope: Scope,
    profileIds: readonly ProfileId[],
  ): Promise<ReadonlyMap<ProfileId, Certificate[]>> {
    const rows = await scope.sql<Certificate>(
      'certificate.of-profiles',
      `SELECT ${CERTIFICATE_COLUMNS} FROM certificate WHERE profile_id = ANY($1)`,
      [profileIds],
    );
    const byProfile = new Map<ProfileId, Certificate[]>(profileIds.map((id) => [id, []]));
    for (const row of rows) byProfile.get(row.profileId)?.push(row);
    for (const list of byProfile.values()) list.sort((a, b) => rank(a.kind) - rank(b.kind));
    return byProfile;
  }

  /** VALID and ON_HOLD become REVOKED, which is final. */
  async revoke(
    scope: ChangeScope,
    profileIds: readonly ProfileId[],
    reason: RevocationReason,
  ): Promise<void> {
    const changed = await scope.sql<Changed>(
      'certificate.revoke',
      `UPDATE certificate SET status = 'REVOKED', revoked_at = now(), revocation_reason = $2
       WHERE profile_id = ANY($1) AND status = ANY($3) RETURNING id`,
      [profileIds, reason, predecessorsOf('REVOKED')],
    );
    await tellOfChange(scope, changed);
  }

  /** VALID and ON_HOLD become REVOKED, as others of the same mobile ID have taken their place. */
  async supersede(scope: ChangeScope, ids: readonly CertificateId[]): Promise<void> {
    const changed = await scope.sql<Changed>(
      'certificate.supersede',
      `UPDATE certificate SET status = 'REVOKED', revoked_at = now(), revocation_reason = 'superseded'
       WHERE id = ANY($1) AND status = ANY($2) RETURNING id`,
      [ids, predecessorsOf('REVOKED')],
    );
    await tellOfChange(scope, changed);
  }

  /** VALID becomes ON_HOLD (certificateHold). */
  async hold(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    const changed = await scope.sql<Changed>(
      'certificate.hold',
      `UPDATE certificate SET status = 'ON_HOLD', revoked_at = now(), revocation_reason = 'certificateHold'
       WHERE profile_id = ANY($1) AND status = ANY($2) RETURNING id`,
      [profileIds, predecessorsOf('ON_HOLD')],
    );
    await tellOfChange(scope, changed);
  }

  /** ON_HOLD becomes VALID again. */
  async release(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    const changed = await scope.sql<Changed>(
      'certificate.release',
      `UPDATE certificate SET status = 'VALID', revoked_at = NULL, revocation_reason = NULL
       WHERE profile_id = ANY($1) AND status = ANY($2) RETURNING id`,
      [profileIds, predecessorsOf('VALID')],
    );
    await tellOfChange(scope, changed);
  }

  /**
   * What has run out becomes EXPIRED; a revoked certificate stays revoked. What somebody is changing falls to the next sweep.
   * @returns the kinds that have run out, of each mobile ID
   */
  async expire(scope: ChangeScope): Promise<ReadonlyMap<ProfileId, readonly CertificateKind[]>> {
    const expired = await scope.sql<{ kind: CertificateKind; profileId: ProfileId }>(
      'certificate.expire',
      `UPDATE certificate SET status = 'EXPIRED' WHERE id IN (
         SELECT id FROM certificate WHERE status IN ('VALID', 'ON_HOLD') AND not_after <= now()
         LIMIT 1000 FOR UPDATE SKIP LOCKED)
       RETURNING kind, profile_id AS "profileId"`,
      [],
    );
    const kinds = new Map<ProfileId, CertificateKind[]>();
    for (const { profileId, kind } of expired) {
      kinds.set(profileId, [...(kinds.get(profileId) ?? []), kind]);
    }
    return kinds;
  }
}

async function tellOfChange(scope: ChangeScope, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  await scope.raise(certificatesChanged, { certificateIds: changed.map(({ id }) => id) });
}

function rank(kind: CertificateKind): number {
  return CERTIFICATE_KINDS.indexOf(kind);
}
