import { CERTIFICATE_KINDS, type CertificateKind } from '../../kernel/certificate-kind.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type CertificateId, type ProfileId } from '../../kernel/ids.js';
import { equalSecrets } from '../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { Certificate } from './certificate.entity.js';
import type { CertificateAuthority, IssuedCertificate } from './x509/certificate-authority.js';
import { predecessorsOf, type RevocationReason } from './certificate-status.js';
import { readCertificateRequest, type VerifiedRequest } from './x509/csr.js';

export { pemOf } from './x509/pem.js';
export type { RevocationReason };

/** A phone's request for one certificate, its key proven to be in the phone's hands. */
export interface ProvenRequest extends VerifiedRequest {
  readonly kind: CertificateKind;
}

/** Whose certificates are to be issued, and for how long. */
export interface Holder {
  readonly profileId: ProfileId;
  readonly commonName: string;
  readonly email: string | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const COLUMNS = `id, profile_id AS "profileId", issuer_id AS "issuerId", kind, status, serial_number AS "serialNumber",
  subject, issuer, not_before AS "notBefore", not_after AS "notAfter", key_origin AS "keyOrigin", der, fingerprint,
  public_key_hash AS "publicKeyHash", revoked_at AS "revokedAt", revocation_reason AS "revocationReason"`;

/** All certificates of one mobile ID at once. */
const STORE = `
  INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before, not_after,
    key_origin, der, fingerprint, public_key_hash)
  SELECT id, $1, $2, kind, 'VALID', serial_number, $3, $4, $5, $6, 'DEVICE', der, fingerprint, public_key_hash
  FROM unnest($7::uuid[], $8::text[], $9::text[], $10::bytea[], $11::text[], $12::bytea[])
    AS made (id, kind, serial_number, der, fingerprint, public_key_hash)
  ON CONFLICT (public_key_hash) DO NOTHING RETURNING id`;

/** Issues certificates and keeps their status. */
export class CertificateService {
  constructor(readonly authority: CertificateAuthority) {}

  /**
   * Checks a PKCS #10 request: form, proof of possession, key, challenge.
   * @throws DomainError CSR_REJECTED with `kind` and `reason`
   */
  async prove(kind: CertificateKind, csr: string, challenge: string): Promise<ProvenRequest> {
    const request = await readCertificateRequest(csr).catch((error: unknown) => {
      if (!(error instanceof DomainError)) throw error;
      throw new DomainError(error.code, { ...error.facts, kind }, { cause: error });
    });
    const given = Buffer.from(request.challengePassword ?? '');
    if (!equalSecrets(given, Buffer.from(challenge))) {
      throw new DomainError('CSR_REJECTED', { reason: 'CHALLENGE', kind });
    }
    return { ...request, kind };
  }

  /** @throws DomainError CSR_REJECTED where one of the keys stands twice, or was certified before */
  async refuseKnownKeys(scope: Scope, requests: readonly ProvenRequest[]): Promise<void> {
    const hashes = requests.map(({ publicKeyHash }) => publicKeyHash);
    const distinct = new Set(hashes.map((hash) => hash.toString('hex')));
    const known = await scope.sql(
      'certificate.known-keys',
      'SELECT 1 AS known FROM certificate WHERE public_key_hash = ANY($1) LIMIT 1',
      [hashes],
    );
    if (distinct.size < hashes.length || known.length > 0) {
      throw new DomainError('CSR_REJECTED', { reason: 'KEY_REUSED' });
    }
  }

  /**
   * Signs and stores, within the transaction of `scope`: a certificate that is not stored is not handed out.
   * @throws DomainError CSR_REJECTED where another enrolment certified one of the keys at the same moment
   */
  async issue(
    scope: ChangeScope,
    holder: Holder,
    requests: readonly ProvenRequest[],
  ): Promise<void> {
    const issued = await Promise.all(
      requests.map((request) =>
        this.authority.issue({
          kind: request.kind,
          publicKeySpki: request.publicKeySpki,
          profileId: holder.profileId,
          commonName: holder.commonName,
          email: holder.email ?? undefined,
          notBefore: holder.notBefore,
          notAfter: holder.notAfter,
        }),
      ),
    );
    await this.store(scope, holder.profileId, issued, requests);
  }

  /** Within each profile in the order of {@link CERTIFICATE_KINDS}. */
  async ofProfiles(
    scope: Scope,
    profileIds: readonly ProfileId[],
  ): Promise<ReadonlyMap<ProfileId, Certificate[]>> {
    const rows = await scope.sql<Certificate>(
      'certificate.of-profiles',
      `SELECT ${COLUMNS} FROM certificate WHERE profile_id = ANY($1)`,
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
    await scope.sql(
      'certificate.revoke',
      `UPDATE certificate SET status = 'REVOKED', revoked_at = now(), revocation_reason = $2
       WHERE profile_id = ANY($1) AND status = ANY($3)`,
      [profileIds, reason, predecessorsOf('REVOKED')],
    );
  }

  /** VALID and ON_HOLD become REVOKED, as others of the same mobile ID have taken their place. */
  async supersede(scope: ChangeScope, ids: readonly CertificateId[]): Promise<void> {
    await scope.sql(
      'certificate.supersede',
      `UPDATE certificate SET status = 'REVOKED', revoked_at = now(), revocation_reason = 'superseded'
       WHERE id = ANY($1) AND status = ANY($2)`,
      [ids, predecessorsOf('REVOKED')],
    );
  }

  /** VALID becomes ON_HOLD (certificateHold). */
  async hold(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    await scope.sql(
      'certificate.hold',
      `UPDATE certificate SET status = 'ON_HOLD', revoked_at = now(), revocation_reason = 'certificateHold'
       WHERE profile_id = ANY($1) AND status = ANY($2)`,
      [profileIds, predecessorsOf('ON_HOLD')],
    );
  }

  /** ON_HOLD becomes VALID again. */
  async release(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    await scope.sql(
      'certificate.release',
      `UPDATE certificate SET status = 'VALID', revoked_at = NULL, revocation_reason = NULL
       WHERE profile_id = ANY($1) AND status = ANY($2)`,
      [profileIds, predecessorsOf('VALID')],
    );
  }

  /**
   * What has run out becomes EXPIRED; a revoked certificate stays revoked.
   * @returns the mobile IDs that can no longer sign in with theirs
   */
  async expire(scope: ChangeScope): Promise<ProfileId[]> {
    const expired = await scope.sql<{ kind: CertificateKind; profileId: ProfileId }>(
      'certificate.expire',
      `UPDATE certificate SET status = 'EXPIRED' WHERE status IN ('VALID', 'ON_HOLD') AND not_after <= now()
       RETURNING kind, profile_id AS "profileId"`,
      [],
    );
    return expired.filter(({ kind }) => kind === 'AUTHENTICATION').map((row) => row.profileId);
  }

  private async store(
    scope: ChangeScope,
    profileId: ProfileId,
    issued: readonly IssuedCertificate[],
    requests: readonly ProvenRequest[],
  ): Promise<void> {
    const [one] = issued;
    if (one === undefined) return;
    const stored = await scope.sql('certificate.store', STORE, [
      profileId,
      this.authority.issuerId,
      one.subject,
      one.issuer,
      one.notBefore,
      one.notAfter,
      issued.map(() => newId<CertificateId>()),
      requests.map(({ kind }) => kind),
      issued.map(({ serialNumber }) => serialNumber),
      issued.map(({ der }) => der),
      issued.map(({ fingerprint }) => fingerprint),
      requests.map(({ publicKeyHash }) => publicKeyHash),
    ]);
    if (stored.length < issued.length) {
      throw new DomainError('CSR_REJECTED', { reason: 'KEY_REUSED' });
    }
  }
}

function rank(kind: CertificateKind): number {
  return CERTIFICATE_KINDS.indexOf(kind);
}
