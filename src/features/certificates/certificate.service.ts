import { CERTIFICATE_KINDS, type CertificateKind } from '../../kernel/certificate-kind.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type CertificateId, type ProfileId } from '../../kernel/ids.js';
import { equalSecrets } from '../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuthorityRegistry } from './authority-registry.service.js';
import { certificatesChanged } from './certificate.events.js';
import type { Certificate } from './certificate.entity.js';
import type {
  CertificateAuthority,
  CertificateOrder,
  IssuedCertificate,
} from './x509/certificate-authority.js';
import { predecessorsOf, type KeyOrigin, type RevocationReason } from './certificate-status.js';
import { readable } from './profiles/readable.js';
import { ProfileCache } from './profiles/profile-cache.js';
import {
  type CertificateTerms,
  namedAlgorithm,
  profileOf,
} from './profiles/certificate-profile.js';
import { readCertificateRequest, type VerifiedRequest } from './x509/csr.js';

export { pemOf } from './x509/pem.js';
export type { RevocationReason };

/** A phone's request for one certificate, its key proven to be in the phone's hands. */
export interface ProvenRequest extends VerifiedRequest {
  readonly kind: CertificateKind;
}

/** A key that is to be certified: proven by the phone, or made by the server, which then knows the certificate's id already. */
export interface KeyToCertify extends Pick<
  ProvenRequest,
  'kind' | 'publicKeySpki' | 'publicKeyHash' | 'keyAlgorithm'
> {
  readonly certificateId?: CertificateId;
  readonly origin?: KeyOrigin;
}

/** Whose certificates are to be issued, and for how long. */
export interface Holder {
  readonly profileId: ProfileId;
  /** What people call him. */
  readonly commonName: string;
  readonly username: string;
  readonly email: string | null;
  readonly projectName: string;
  /** What his order has fixed, see `agreeTerms`. */
  readonly terms: CertificateTerms;
  readonly notBefore: Date;
  /** Of the mobile ID: some of its certificates may end earlier. */
  readonly notAfter: Date;
}

const MILLISECONDS_A_DAY = 86_400_000;

interface Changed {
  readonly id: CertificateId;
}

export const CERTIFICATE_COLUMNS = `id, profile_id AS "profileId", issuer_id AS "issuerId", kind, status, serial_number AS "serialNumber",
  subject, issuer, not_before AS "notBefore", not_after AS "notAfter", key_origin AS "keyOrigin", der, fingerprint,
  public_key_hash AS "publicKeyHash", revoked_at AS "revokedAt", revocation_reason AS "revocationReason"`;

/** All certificates of one mobile ID at once, by an authority that has not retired. */
const STORE = `
  INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before, not_after,
    key_origin, der, fingerprint, public_key_hash)
  SELECT id, $1, $2, kind, 'VALID', serial_number, subject, $3, $4, not_after, key_origin, der, fingerprint, public_key_hash
  FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::bytea[], $11::text[], $12::bytea[], $13::text[])
    AS made (id, kind, serial_number, subject, not_after, der, fingerprint, public_key_hash, key_origin)
  WHERE EXISTS (SELECT 1 FROM certificate_authority WHERE id = $2 AND state = 'ACTIVE')
  ON CONFLICT (public_key_hash) DO NOTHING RETURNING id`;

/** Issues certificates and keeps their status. */
export class CertificateService {
  private readonly profiles = new ProfileCache();

  constructor(private readonly authorities: AuthorityRegistry) {}

  /** The one that issues now. */
  get authority(): CertificateAuthority {
    return this.authorities.current;
  }

  /** PEM, issuer first, root last: of the authority that issued the mobile ID's newest certificates. */
  async chainOf(scope: Scope, profileId: ProfileId): Promise<readonly string[]> {
    const [row] = await scope.sql<{ issuerId: string }>(
      'certificate.issuer-of-profile',
      `SELECT issuer_id AS "issuerId" FROM certificate WHERE profile_id = $1 ORDER BY not_before DESC LIMIT 1`,
      [profileId],
    );
    const issuerId = row?.issuerId ?? this.authority.issuerId;
    if (this.authorities.chainOf(issuerId) === undefined) await this.authorities.reload(scope);
    return this.authorities.chainOf(issuerId) ?? [];
  }

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

  /** @throws DomainError CSR_REJECTED with reason ALGORITHM where a key is of a type that the order does not allow */
  refuseForeignKeys(
    terms: CertificateTerms,
    requests: readonly Pick<ProvenRequest, 'kind' | 'keyAlgorithm'>[],
  ): void {
    for (const { kind, keyAlgorithm } of requests) {
      const { keyAlgorithms: allowed } = profileOf(terms, kind);
      if (!allowed.some((name) => name === namedAlgorithm(keyAlgorithm))) {
        throw new DomainError('CSR_REJECTED', { reason: 'ALGORITHM', kind, allowed });
      }
    }
  }

  /** @throws DomainError CSR_REJECTED where one of the keys stands twice, or was certified before */
  async refuseKnownKeys(scope: Scope, requests: readonly KeyToCertify[]): Promise<void> {
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
   * @throws DomainError CSR_REJECTED where another enrolment certified one of the keys at the same moment, or a key is
   * of a type that the order does not allow
   */
  async issue(
    scope: ChangeScope,
    holder: Holder,
    requests: readonly KeyToCertify[],
  ): Promise<void> {
    this.refuseForeignKeys(holder.terms, requests);
    const stored = await this.byActiveAuthority(scope, (authority) =>
      this.issueBy(scope, authority, { holder, requests }),
    );
    if (stored < requests.length) throw new DomainError('CSR_REJECTED', { reason: 'KEY_REUSED' });
  }

  /** What an authority is asked to certify for this holder. */
  orderFor(
    holder: Holder,
    { kind, publicKeySpki }: Pick<ProvenRequest, 'kind' | 'publicKeySpki'>,
  ): CertificateOrder {
    return {
      kind,
      publicKeySpki,
      profile: this.profiles.compiled(kind, holder.terms[kind]),
      profileId: holder.profileId,
      commonName: readable(holder.commonName),
      username: holder.username,
      email: holder.email ?? undefined,
      projectName: readable(holder.projectName),
      notBefore: holder.notBefore,
      notAfter: endOf(holder, kind),
    };
  }

  /**
   * Once more with the new one, where another process has rolled over to it since and nothing could be stored.
   * @param issue stores by an authority that is ACTIVE, and says how many
   */
  async byActiveAuthority(
    scope: Scope,
    issue: (authority: CertificateAuthority) => Promise<number>,
  ): Promise<number> {
    const { authority } = this;
    const stored = await issue(authority);
    if (stored > 0 || (await isActive(scope, authority))) return stored;
    await this.authorities.reload(scope);
    return issue(this.authority);
  }

  private async issueBy(
    scope: ChangeScope,
    authority: CertificateAuthority,
    { holder, requests }: { holder: Holder; requests: readonly KeyToCertify[] },
  ): Promise<number> {
    const issued = await Promise.all(
      requests.map((request) => authority.issue(this.orderFor(holder, request))),
    );
    return this.store(scope, { authority, holder, issued, requests });
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

  private async store(
    scope: ChangeScope,
    {
      authority,
      holder,
      issued,
      requests,
    }: {
      authority: CertificateAuthority;
      holder: Holder;
      issued: readonly IssuedCertificate[];
      requests: readonly KeyToCertify[];
    },
  ): Promise<number> {
    const [one] = issued;
    if (one === undefined) return 0;
    const stored = await scope.sql('certificate.store', STORE, [
      holder.profileId,
      authority.issuerId,
      one.issuer,
      one.notBefore,
      requests.map(({ certificateId }) => certificateId ?? newId<CertificateId>()),
      requests.map(({ kind }) => kind),
      issued.map(({ serialNumber }) => serialNumber),
      issued.map(({ subject }) => subject),
      issued.map(({ notAfter }) => notAfter),
      issued.map(({ der }) => der),
      issued.map(({ fingerprint }) => fingerprint),
      requests.map(({ publicKeyHash }) => publicKeyHash),
      requests.map(({ origin }) => origin ?? 'DEVICE'),
    ]);
    return stored.length;
  }
}

async function isActive(scope: Scope, { issuerId }: CertificateAuthority): Promise<boolean> {
  const rows = await scope.sql(
    'certificate.active-issuer',
    `SELECT 1 AS active FROM certificate_authority WHERE id = $1 AND state = 'ACTIVE'`,
    [issuerId],
  );
  return rows.length > 0;
}

/** As long as its kind was ordered for, and never longer than the mobile ID. */
function endOf({ terms, notBefore, notAfter }: Holder, kind: CertificateKind): Date {
  const days = terms[kind]?.days;
  if (days === undefined) return notAfter;
  return new Date(Math.min(notBefore.getTime() + days * MILLISECONDS_A_DAY, notAfter.getTime()));
}

export async function tellOfChange(scope: ChangeScope, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  await scope.raise(certificatesChanged, { certificateIds: changed.map(({ id }) => id) });
}

function rank(kind: CertificateKind): number {
  return CERTIFICATE_KINDS.indexOf(kind);
}
