import type { CertificateKind } from '../../kernel/certificate-kind.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type CertificateId, type ProfileId } from '../../kernel/ids.js';
import { equalSecrets } from '../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { Certificate } from './certificate.entity.js';
import {
  tellOfChange,
  type CertificateService,
  type Holder,
  type KeyToCertify,
  type ProvenRequest,
} from './certificate.service.js';
import { predecessorsOf } from './certificate-status.js';
import type { CertificateAuthority } from './x509/certificate-authority.js';
import { readCertificateRequest } from './x509/csr.js';

export { encodeCertsOnly } from './x509/certs-only.js';
export { encodeCsrAttributes } from './x509/csr-attributes.js';

export type SingleCertificate = Pick<
  Certificate,
  'id' | 'profileId' | 'kind' | 'status' | 'der' | 'notBefore' | 'notAfter' | 'revocationReason'
>;

const COLUMNS = `id, profile_id AS "profileId", kind, status, der, not_before AS "notBefore", not_after AS "notAfter",
  revocation_reason AS "revocationReason"`;

const CURRENT = `
  SELECT ${COLUMNS} FROM certificate
  WHERE profile_id = $1 AND kind = $2 AND status = 'VALID' AND not_after > now()
  ORDER BY not_before DESC, id LIMIT 1`;

const STORE = `
  INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before, not_after,
    key_origin, der, fingerprint, public_key_hash, revoked_at, revocation_reason)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
    CASE WHEN $5 = 'ON_HOLD' THEN now() END, CASE WHEN $5 = 'ON_HOLD' THEN 'certificateHold' END
  WHERE EXISTS (SELECT 1 FROM certificate_authority WHERE id = $3 AND state = 'ACTIVE')
  ON CONFLICT (public_key_hash) DO NOTHING RETURNING ${COLUMNS}`;

/** For clients that ask for one certificate at a time. */
export class SingleCertificateService {
  constructor(private readonly certificates: CertificateService) {}

  /**
   * Checks a PKCS #10 request: form, proof of possession, key; and the challenge, where it carries one.
   * @param csr PEM
   * @param bindings what the challengePassword may say
   * @throws DomainError CSR_REJECTED with `kind` and `reason`
   */
  async prove(
    kind: CertificateKind,
    csr: string,
    bindings: readonly string[],
  ): Promise<ProvenRequest> {
    const request = await readCertificateRequest(csr).catch((error: unknown) => {
      if (!(error instanceof DomainError)) throw error;
      throw new DomainError(error.code, { ...error.facts, kind }, { cause: error });
    });
    const { challengePassword: given } = request;
    const fits = (binding: string): boolean =>
      equalSecrets(Buffer.from(binding), Buffer.from(given ?? ''));
    if (given !== undefined && !bindings.some(fits)) {
      throw new DomainError('CSR_REJECTED', { reason: 'CHALLENGE', kind });
    }
    return { ...request, kind };
  }

  /**
   * Signs and stores, within the transaction of `scope`.
   * @param status ON_HOLD for one that is not to be relied on before the others of its mobile ID are there
   * @throws DomainError CSR_REJECTED where the key was certified before, or is of a type that the order does not allow
   */
  async issue(
    scope: ChangeScope,
    holder: Holder,
    key: KeyToCertify,
    status: 'VALID' | 'ON_HOLD',
  ): Promise<SingleCertificate> {
    this.certificates.refuseForeignKeys(holder.terms, [key]);
    let stored: SingleCertificate | undefined;
    await this.certificates.byActiveAuthority(scope, async (authority) => {
      stored = await this.issueBy(scope, authority, { holder, key, status });
      return stored === undefined ? 0 : 1;
    });
    if (stored === undefined) throw new DomainError('CSR_REJECTED', { reason: 'KEY_REUSED' });
    await tellOfChange(scope, [stored]);
    return stored;
  }

  async find(scope: Scope, id: CertificateId): Promise<SingleCertificate | undefined> {
    const [row] = await scope.sql<SingleCertificate>(
      'single-certificate.find',
      `SELECT ${COLUMNS} FROM certificate WHERE id = $1`,
      [id],
    );
    return row;
  }

  /** Exactly this certificate, if it was issued here. */
  async issuedHere(
    scope: Scope,
    serialNumber: string,
    der: Buffer,
  ): Promise<SingleCertificate | undefined> {
    const [row] = await scope.sql<SingleCertificate>(
      'single-certificate.issued-here',
      `SELECT ${COLUMNS} FROM certificate WHERE serial_number = $1`,
      [serialNumber],
    );
    return row?.der.equals(der) === true ? row : undefined;
  }

  /** The newest of a mobile ID's certificates of this kind that can be relied on. */
  async current(
    scope: Scope,
    profileId: ProfileId,
    kind: CertificateKind,
  ): Promise<SingleCertificate | undefined> {
    const [row] = await scope.sql<SingleCertificate>('single-certificate.current', CURRENT, [
      profileId,
      kind,
    ]);
    return row;
  }

  /** The same, locked until the transaction ends. */
  async lockCurrent(
    scope: ChangeScope,
    profileId: ProfileId,
    kind: CertificateKind,
  ): Promise<SingleCertificate | undefined> {
    const [row] = await scope.sql<SingleCertificate>(
      'single-certificate.lock-current',
      `${CURRENT} FOR UPDATE`,
      [profileId, kind],
    );
    return row;
  }

  /** REVOKED: another one has taken its place. */
  async supersede(scope: ChangeScope, id: CertificateId): Promise<void> {
    const changed = await scope.sql<{ id: CertificateId }>(
      'single-certificate.supersede',
      `UPDATE certificate SET status = 'REVOKED', revoked_at = now(), revocation_reason = 'superseded'
       WHERE id = $1 AND status = ANY($2) RETURNING id`,
      [id, predecessorsOf('REVOKED')],
    );
    await tellOfChange(scope, changed);
  }

  private async issueBy(
    scope: ChangeScope,
    authority: CertificateAuthority,
    { holder, key, status }: { holder: Holder; key: KeyToCertify; status: 'VALID' | 'ON_HOLD' },
  ): Promise<SingleCertificate | undefined> {
    const issued = await authority.issue(this.certificates.orderFor(holder, key));
    const [stored] = await scope.sql<SingleCertificate>('single-certificate.store', STORE, [
      key.certificateId ?? newId<CertificateId>(),
      holder.profileId,
      authority.issuerId,
      key.kind,
      status,
      issued.serialNumber,
      issued.subject,
      issued.issuer,
      issued.notBefore,
      issued.notAfter,
      key.origin ?? 'DEVICE',
      issued.der,
      issued.fingerprint,
      key.publicKeyHash,
    ]);
    return stored;
  }
}
