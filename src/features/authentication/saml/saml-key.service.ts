import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from '@peculiar/x509';
import { DAY_MS } from '../../../kernel/durations.js';
import type { RequestContext } from '../../../kernel/actor.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { SamlKey } from './saml.entity.js';

/** Both PEM. */
export interface ServiceKey {
  readonly privateKey: string;
  readonly certificate: string;
}

const ROW = 1;
const CONTEXT = 'saml-key';
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 3072,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const VALID_DAYS = 3650;

/** Signet's own SAML key: made at its first use, sealed at rest, the same on every instance. */
export class SamlKeyService {
  private opened: Promise<ServiceKey> | undefined;

  constructor(
    private readonly work: UnitOfWork,
    private readonly keys: KeyRing,
  ) {}

  /** To be called outside of transactions. */
  open(request: RequestContext): Promise<ServiceKey> {
    this.opened ??= this.load(request).catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private load(request: RequestContext): Promise<ServiceKey> {
    return this.work.change(request, async (scope) => {
      await scope.sql('saml-key.lock', `SELECT pg_advisory_xact_lock(hashtext('saml_key'))`, []);
      const known = await scope.db.findOneBy(SamlKey, { id: ROW });
      const row = known ?? (await this.make(scope.now));
      if (known === null) await scope.db.insert(SamlKey, row);
      return {
        privateKey: pemOf('PRIVATE KEY', this.keys.open('saml-key', CONTEXT, row.sealedKey)),
        certificate: pemOf('CERTIFICATE', row.certificate),
      };
    });
  }

  private async make(now: Date): Promise<SamlKey> {
    const keys = await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      name: [{ CN: ['Signet SAML'] }],
      notBefore: new Date(now.getTime() - DAY_MS),
      notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS),
      signingAlgorithm: RSA,
      keys,
      extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    return {
      id: ROW,
      certificate: Buffer.from(certificate.rawData),
      sealedKey: this.keys.seal('saml-key', CONTEXT, pkcs8),
      createdAt: now,
    };
  }
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
