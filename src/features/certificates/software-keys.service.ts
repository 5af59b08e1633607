import { newId, type CertificateId } from '../../kernel/ids.js';
import type { KeyAlgorithm } from '../../kernel/key-algorithm.js';
import { sha256 } from '../../kernel/secrets.js';
import { newSoftwareKey, softwareKey } from './x509/signing-key.js';

/** Encryption keys made by this process for devices. */
export class SoftwareKeyService {
  async make(algorithm: KeyAlgorithm): Promise<{
    readonly kind: 'ENCRYPTION';
    readonly origin: 'SERVER';
    readonly certificateId: CertificateId;
    readonly publicKeySpki: Buffer;
    readonly publicKeyHash: Buffer;
    readonly pkcs8: Buffer;
  }> {
    const pkcs8 = await newSoftwareKey(algorithm);
    const publicKeySpki = softwareKey(pkcs8).spki;
    return {
      kind: 'ENCRYPTION',
      origin: 'SERVER',
      certificateId: newId(),
      publicKeySpki,
      publicKeyHash: sha256(publicKeySpki),
      pkcs8,
    };
  }

  /** Nothing is archived: projects cannot ask for it here. */
  archive(): Promise<void> {
    return Promise.resolve();
  }
}
