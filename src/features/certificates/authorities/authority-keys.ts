import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import { StartupError } from '../../../kernel/startup-error.js';
import type { Authority } from './authority.entity.js';
import type { Token } from '../pkcs11/token.js';
import { newSoftwareKey, softwareKey, type SigningKey } from '../x509/signing-key.js';

/** A fresh key, and what has to be kept of it. */
export interface MadeKey {
  readonly key: SigningKey;
  /** Null where the token keeps it. */
  readonly sealedKey: Buffer | null;
}

/** The authorities' private keys: in a PKCS #11 token where there is one, else sealed in the database. */
export class AuthorityKeys {
  constructor(
    private readonly keys: KeyRing,
    private readonly token: Token | null,
  ) {}

  async make(authorityId: string, keyAlgorithm: KeyAlgorithm): Promise<MadeKey> {
    if (this.token !== null) {
      return { key: await this.token.generate(authorityId, keyAlgorithm), sealedKey: null };
    }
    const pkcs8 = await newSoftwareKey(keyAlgorithm);
    return {
      key: softwareKey(pkcs8),
      sealedKey: this.keys.seal('ca-key', authorityId, pkcs8),
    };
  }

  /** @throws StartupError where it cannot be opened with what this process was given */
  async open({ id, sealedKey }: Pick<Authority, 'id' | 'sealedKey'>): Promise<SigningKey> {
    if (sealedKey !== null) return softwareKey(this.unsealed(id, sealedKey));
    if (this.token !== null) return this.token.key(id);
    throw new StartupError(
      'The key of the certificate authority lies in a PKCS #11 token: set PKCS11_MODULE, PKCS11_TOKEN and PKCS11_PIN.',
    );
  }

  /** The first thing that a start opens with the master key. */
  private unsealed(id: string, sealedKey: Buffer): Buffer {
    try {
      return this.keys.open('ca-key', id, sealedKey);
    } catch (cause) {
      throw new StartupError(
        'MASTER_KEY, or master.key under DATA_DIR, is not the key that this database was set up with.',
        { cause },
      );
    }
  }
}
