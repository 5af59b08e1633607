import { X509Certificate } from 'node:crypto';
import type { KeyAlgorithm } from '../../kernel/key-algorithm.js';
import type { KeyRing } from '../../kernel/secrets.js';
import { StartupError } from '../../kernel/startup-error.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import { Authority } from './authority.entity.js';
import type { CertificateAuthority } from './x509/certificate-authority.js';
import { openAuthority } from './x509/forge-authority.js';
import { type Signer, signerFrom } from './x509/signer.js';
import { softwareKey } from './x509/signing-key.js';
import { createTestAuthority } from './x509/test-authority.js';

export interface AuthoritySettings {
  /** Of an authority that does not exist yet. */
  readonly keyAlgorithm: KeyAlgorithm;
  readonly pkiUrl: string;
}

export interface KnownAuthority {
  readonly id: string;
  readonly role: Authority['role'];
  readonly certificateDer: Buffer;
  /** Opens its key. */
  signer(): Signer;
}

/** Keeps the authorities' certificates, and their keys sealed. */
export class AuthorityService {
  constructor(private readonly keys: KeyRing) {}

  /** The issuing authority; makes it, and the root above it, at the very first start. */
  async open(scope: ChangeScope, settings: AuthoritySettings): Promise<CertificateAuthority> {
    await scope.db.query(`SELECT pg_advisory_xact_lock(hashtext('certificate_authority'))`);
    const known = await this.load(scope);
    const { root, issuing } = known ?? (await this.create(scope, settings));
    return openAuthority({
      id: issuing.id,
      certificateDer: issuing.certificate,
      key: softwareKey(this.unsealed(issuing)),
      rootCertificateDer: root.certificate,
      pkiUrl: settings.pkiUrl,
    });
  }

  /** All of them, the root first: each signs its own revocation list. */
  async all(scope: Scope): Promise<KnownAuthority[]> {
    const rows = await scope.db.find(Authority, { order: { role: 'DESC', createdAt: 'ASC' } });
    return rows.map((row) => ({
      id: row.id,
      role: row.role,
      certificateDer: row.certificate,
      signer: () =>
        signerFrom(new X509Certificate(row.certificate), softwareKey(this.unsealed(row))),
    }));
  }

  /** The first thing that a start opens with the master key. */
  private unsealed({ id, sealedKey }: Authority): Buffer {
    try {
      return this.keys.open('ca-key', id, sealedKey);
    } catch (cause) {
      throw new StartupError(
        'MASTER_KEY, or master.key under DATA_DIR, is not the key that this database was set up with.',
        { cause },
      );
    }
  }

  private async load(scope: ChangeScope): Promise<{ root: Authority; issuing: Authority } | null> {
    const root = await scope.db.findOneBy(Authority, { role: 'ROOT' });
    const issuing = await scope.db.findOneBy(Authority, { role: 'ISSUING' });
    return root === null || issuing === null ? null : { root, issuing };
  }

  private async create(
    scope: ChangeScope,
    settings: AuthoritySettings,
  ): Promise<{ root: Authority; issuing: Authority }> {
    const { keyAlgorithm, pkiUrl } = settings;
    const made = await createTestAuthority({ keyAlgorithm, now: scope.now, pkiUrl });
    const row = (role: Authority['role'], part: (typeof made)['root']): Authority => ({
      id: part.id,
      role,
      keyAlgorithm,
      certificate: part.certificateDer,
      sealedKey: this.keys.seal('ca-key', part.id, part.privateKeyPkcs8),
      createdAt: scope.now,
      revokedAt: null,
      revocationReason: null,
    });
    const [root, issuing] = [row('ROOT', made.root), row('ISSUING', made.issuing)];
    await scope.db.insert(Authority, [root, issuing]);
    return { root, issuing };
  }
}
