import { randomUUID, X509Certificate } from 'node:crypto';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { announce } from '../../../platform/event-bus/event-bus.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { AuthorityKeys, MadeKey } from './authority-keys.js';
import { Authority } from './authority.entity.js';
import { issuingCertificate, rootCertificate } from '../x509/authority-certificates.js';
import type { CertificateAuthority } from '../x509/certificate-authority.js';
import { openAuthority } from '../x509/issuing-authority.js';
import { pemOf } from '../x509/pem.js';
import { type Signer, signerFrom } from '../x509/signer.js';
import type { SigningKey } from '../x509/signing-key.js';

type AuthorityRole = Authority['role'];
type AuthorityState = Authority['state'];

export interface AuthoritySettings {
  readonly keyAlgorithm: KeyAlgorithm;
  /** Origin of the URLs that the certificate names. */
  readonly pkiUrl: string;
}

export interface KnownAuthority {
  readonly id: string;
  readonly role: AuthorityRole;
  readonly state: AuthorityState;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly certificateDer: Buffer;
  /** Where its private key is: sealed in the database, or in the PKCS #11 token. */
  readonly keyIn: 'DATABASE' | 'TOKEN';
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
  readonly revokedAt: Date | null;
  /** Opens its key. */
  signer(): Promise<Signer>;
}

type NewAuthority = Pick<Authority, 'id' | 'role' | 'keyAlgorithm'> & {
  readonly made: MadeKey;
  readonly certificate: Buffer;
};

/** Keeps the authorities' certificates, and says where their keys are. */
export class AuthorityService {
  constructor(
    private readonly keys: AuthorityKeys,
    private readonly audit: AuditService,
  ) {}

  /** Makes the root, and the issuing authority below it, at the very first start. */
  async ensure(scope: ChangeScope, settings: AuthoritySettings): Promise<void> {
    await serialize(scope);
    if (await scope.db.existsBy(Authority, { role: 'ISSUING' })) return;
    const { keyAlgorithm } = settings;
    const rootId = randomUUID();
    const made = await this.keys.make(rootId, keyAlgorithm);
    const root = await rootCertificate({ id: rootId, key: made.key, now: scope.now });
    await this.insert(scope, { id: rootId, role: 'ROOT', keyAlgorithm, made, certificate: root });
    const issuingId = await this.addIssuing(scope, settings, {
      id: rootId,
      certificate: root,
      key: made.key,
    });
    for (const [id, detail] of [
      [rootId, 'ROOT'],
      [issuingId, 'ISSUING'],
    ] as const) {
      const target = `certificate-authority:${id}`;
      await this.audit.record(scope, { action: 'certificate-authority.create', target, detail });
    }
  }

  /**
   * A new issuing authority takes over; the present one vouches for what it has issued, and issues nothing more.
   * @returns the new one's id
   */
  async rollOver(scope: ChangeScope, settings: AuthoritySettings): Promise<string> {
    await serialize(scope);
    const root = await scope.db.findOneByOrFail(Authority, { role: 'ROOT', state: 'ACTIVE' });
    const present = await scope.db.findOneByOrFail(Authority, { role: 'ISSUING', state: 'ACTIVE' });
    await scope.db.update(
      Authority,
      { id: present.id },
      { state: 'RETIRED', retiredAt: scope.now },
    );
    const key = await this.keys.open(root);
    const { certificate } = root;
    const id = await this.addIssuing(scope, settings, { id: root.id, certificate, key });
    await announce(scope, 'authorities');
    await this.audit.record(scope, {
      action: 'certificate-authority.roll-over',
      target: `certificate-authority:${id}`,
      detail: `after ${present.id}`,
    });
    return id;
  }

  /** All of them, the root first, then from the oldest to the newest: each signs its own revocation list. */
  async all(scope: Scope): Promise<KnownAuthority[]> {
    const rows = await scope.db.find(Authority, { order: { role: 'DESC', createdAt: 'ASC' } });
    return rows.map((row) => ({
      id: row.id,
      role: row.role,
      state: row.state,
      keyAlgorithm: row.keyAlgorithm,
      certificateDer: row.certificate,
      keyIn: row.sealedKey === null ? 'TOKEN' : 'DATABASE',
      createdAt: row.createdAt,
      retiredAt: row.retiredAt,
      revokedAt: row.revokedAt,
      signer: async () =>
        signerFrom(new X509Certificate(row.certificate), await this.keys.open(row)),
    }));
  }

  /**
   * Puts the authority that issues into service. Keys of those that have retired may be out of reach: they only sign lists.
   * @throws StartupError where its key, or any that is sealed in the database, cannot be opened
   */
  async openIssuing(
    scope: Scope,
    pkiUrl: string,
  ): Promise<{ active: CertificateAuthority; chains: ReadonlyMap<string, readonly string[]> }> {
    const rows = await scope.db.find(Authority);
    const root = rows.find(({ role, state }) => role === 'ROOT' && state === 'ACTIVE');
    const issuing = rows.filter(({ role }) => role === 'ISSUING');
    const active = issuing.find(({ state }) => state === 'ACTIVE');
    if (root === undefined || active === undefined)
      throw new Error('No authority issues certificates.');
    for (const row of rows) if (row.sealedKey !== null) await this.keys.open(row);
    const rootPem = pemOf(root.certificate);
    return {
      active: openAuthority({
        id: active.id,
        certificateDer: active.certificate,
        key: await this.keys.open(active),
        rootCertificateDer: root.certificate,
        pkiUrl,
      }),
      chains: new Map(issuing.map(({ id, certificate }) => [id, [pemOf(certificate), rootPem]])),
    };
  }

  private async addIssuing(
    scope: ChangeScope,
    { keyAlgorithm, pkiUrl }: AuthoritySettings,
    root: { readonly id: string; readonly certificate: Buffer; readonly key: SigningKey },
  ): Promise<string> {
    const id = randomUUID();
    const made = await this.keys.make(id, keyAlgorithm);
    const rootCa = new X509Certificate(root.certificate);
    const certificate = await issuingCertificate(
      { id: root.id, signer: signerFrom(rootCa, root.key), validTo: new Date(rootCa.validTo) },
      { id, key: made.key, now: scope.now, pkiUrl },
    );
    await this.insert(scope, { id, role: 'ISSUING', keyAlgorithm, made, certificate });
    return id;
  }

  private async insert(scope: ChangeScope, { made, ...authority }: NewAuthority): Promise<void> {
    await scope.db.insert(Authority, {
      ...authority,
      state: 'ACTIVE',
      sealedKey: made.sealedKey,
      createdAt: scope.now,
      retiredAt: null,
      revokedAt: null,
      revocationReason: null,
    });
  }
}

/** One first start, or roll-over, at a time. */
async function serialize(scope: ChangeScope): Promise<void> {
  await scope.db.query(`SELECT pg_advisory_xact_lock(hashtext('certificate_authority'))`);
}
