import type { CertificateKind } from '../../kernel/certificate-kind.js';
import { DAY_MS } from '../../kernel/durations.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type CertificateId, type ProfileId } from '../../kernel/ids.js';
import { equalSecrets } from '../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { IssuingAuthorities } from './authorities/issuing-authorities.service.js';
import { certificatesChanged } from './certificate.events.js';
import type { Certificate } from './certificate.entity.js';
import type { KeyOrigin } from './certificate-status.js';
import {
  type CertificateTerms,
  namedAlgorithm,
  profileOf,
} from './profiles/certificate-profile.js';
import { ProfileCache } from './profiles/profile-cache.js';
import { readable } from './profiles/readable.js';
import type { CertificateAuthority, CertificateOrder } from './x509/certificate-authority.js';
import { readCertificateRequest, type VerifiedRequest } from './x509/csr.js';

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

/** ON_HOLD where a certificate is not to be relied on before the others of its mobile ID are there. */
export type FirstStatus = 'VALID' | 'ON_HOLD';

export type StoredCertificate = Pick<Certificate, 'id' | 'der'>;

interface Order {
  readonly holder: Holder;
  readonly keys: readonly KeyToCertify[];
  readonly status: FirstStatus;
}

/** All certificates at once, by an authority that has not retired. In order, so that two who send the same keys do not wait in a circle. */
const STORE = `
  INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before, not_after,
    key_origin, der, fingerprint, public_key_hash, revoked_at, revocation_reason)
  SELECT id, $1, $2, kind, $14, serial_number, subject, $3, $4, not_after, key_origin, der, fingerprint, public_key_hash,
    CASE WHEN $14 = 'ON_HOLD' THEN now() END, CASE WHEN $14 = 'ON_HOLD' THEN 'certificateHold' END
  FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::bytea[], $11::text[], $12::bytea[], $13::text[])
    AS made (id, kind, serial_number, subject, not_after, der, fingerprint, public_key_hash, key_origin)
  WHERE EXISTS (SELECT 1 FROM certificate_authority WHERE id = $2 AND state = 'ACTIVE')
  ORDER BY public_key_hash
  ON CONFLICT (public_key_hash) DO NOTHING RETURNING id, der`;

/** Has keys certified: what may be certified, by which authority, and that nothing is handed out which is not stored. */
export class IssuanceService {
  private readonly profiles = new ProfileCache();

  constructor(private readonly authorities: IssuingAuthorities) {}

  /** The one that issues now. */
  get authority(): CertificateAuthority {
    return this.authorities.current;
  }

  /** PEM, issuer first, root last: of the authority that issued the mobile ID's newest certificates. */
  async chainOf(scope: Scope, profileId: ProfileId): Promise<readonly string[]> {
    const [row] = await scope.sql<{ issuerId: string }>(
      'issuance.issuer-of-profile',
      `SELECT issuer_id AS "issuerId" FROM certificate WHERE profile_id = $1 ORDER BY not_before DESC LIMIT 1`,
      [profileId],
    );
    const issuerId = row?.issuerId ?? this.authority.issuerId;
    if (this.authorities.chainOf(issuerId) === undefined) await this.authorities.reload(scope);
    return this.authorities.chainOf(issuerId) ?? [];
  }

  /**
   * Checks a PKCS #10 request: form, proof of possession, key, challenge.
   * @param csr PEM
   * @throws DomainError CSR_REJECTED with `kind` and `reason`
   */
  async prove(kind: CertificateKind, csr: string, challenge: string): Promise<ProvenRequest> {
    const request = await read(kind, csr);
    if (!isAmong([challenge], request.challengePassword ?? '')) throw wrongChallenge(kind);
    return request;
  }

  /** The same for clients that need not carry a challenge: where there is one, it must be among these. */
  async proveUnchallenged(
    kind: CertificateKind,
    csr: string,
    challenges: readonly string[],
  ): Promise<ProvenRequest> {
    const request = await read(kind, csr);
    const { challengePassword } = request;
    const isWrong = challengePassword !== undefined && !isAmong(challenges, challengePassword);
    if (isWrong) throw wrongChallenge(kind);
    return request;
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
  async refuseKnownKeys(scope: Scope, keys: readonly KeyToCertify[]): Promise<void> {
    const hashes = keys.map(({ publicKeyHash }) => publicKeyHash);
    const distinct = new Set(hashes.map((hash) => hash.toString('hex')));
    const known = await scope.sql(
      'issuance.known-keys',
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
    keys: readonly KeyToCertify[],
    status: FirstStatus = 'VALID',
  ): Promise<readonly StoredCertificate[]> {
    this.refuseForeignKeys(holder.terms, keys);
    const stored = await this.issueByActive(scope, { holder, keys, status });
    if (stored.length < keys.length)
      throw new DomainError('CSR_REJECTED', { reason: 'KEY_REUSED' });
    if (status === 'ON_HOLD') {
      await scope.raise(certificatesChanged, { certificateIds: stored.map(({ id }) => id) });
    }
    return stored;
  }

  /** Once more with the new authority, where another process has rolled over to it since and nothing could be stored. */
  private async issueByActive(scope: ChangeScope, order: Order): Promise<StoredCertificate[]> {
    const { authority } = this;
    const stored = await this.issueBy(scope, authority, order);
    if (stored.length > 0 || (await isActive(scope, authority))) return stored;
    await this.authorities.reload(scope);
    return this.issueBy(scope, this.authority, order);
  }

  private async issueBy(
    scope: ChangeScope,
    authority: CertificateAuthority,
    { holder, keys, status }: Order,
  ): Promise<StoredCertificate[]> {
    const issued = await Promise.all(
      keys.map((key) => authority.issue(this.orderFor(holder, key))),
    );
    const [one] = issued;
    if (one === undefined) return [];
    return scope.sql<StoredCertificate>('issuance.store', STORE, [
      holder.profileId,
      authority.issuerId,
      one.issuer,
      one.notBefore,
      keys.map(({ certificateId }) => certificateId ?? newId<CertificateId>()),
      keys.map(({ kind }) => kind),
      issued.map(({ serialNumber }) => serialNumber),
      issued.map(({ subject }) => subject),
      issued.map(({ notAfter }) => notAfter),
      issued.map(({ der }) => der),
      issued.map(({ fingerprint }) => fingerprint),
      keys.map(({ publicKeyHash }) => publicKeyHash),
      keys.map(({ origin }) => origin ?? 'DEVICE'),
      status,
    ]);
  }

  private orderFor(holder: Holder, { kind, publicKeySpki }: KeyToCertify): CertificateOrder {
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
}

async function read(kind: CertificateKind, csr: string): Promise<ProvenRequest> {
  const request = await readCertificateRequest(csr).catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(error.code, { ...error.facts, kind }, { cause: error });
  });
  return { ...request, kind };
}

function isAmong(challenges: readonly string[], given: string): boolean {
  return challenges.some((challenge) => equalSecrets(Buffer.from(challenge), Buffer.from(given)));
}

function wrongChallenge(kind: CertificateKind): DomainError {
  return new DomainError('CSR_REJECTED', { reason: 'CHALLENGE', kind });
}

async function isActive(scope: Scope, { issuerId }: CertificateAuthority): Promise<boolean> {
  const rows = await scope.sql(
    'issuance.active-issuer',
    `SELECT 1 AS active FROM certificate_authority WHERE id = $1 AND state = 'ACTIVE'`,
    [issuerId],
  );
  return rows.length > 0;
}

/** As long as its kind was ordered for, and never longer than the mobile ID. */
function endOf({ terms, notBefore, notAfter }: Holder, kind: CertificateKind): Date {
  const days = terms[kind]?.days;
  if (days === undefined) return notAfter;
  return new Date(Math.min(notBefore.getTime() + days * DAY_MS, notAfter.getTime()));
}
