import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { StartupError } from '../../../kernel/startup-error.js';
import { parseDer } from '../x509/der.js';
import { acceptedKeyAlgorithm } from '../x509/key-checks.js';
import { newSoftwareKey } from '../x509/signing-key.js';

export interface RecoveryPublicKey {
  /** Thumbprint (RFC 7638, base64url). */
  readonly id: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
}

const PRIVATE_BLOCK =
  /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----[^-]+-----END (?:EC |RSA )?PRIVATE KEY-----/g;

/** The private halves that this process was given: usually one, or none. After a change of keys the former one as well. */
export class RecoveryKeys {
  private constructor(
    private readonly keys: ReadonlyMap<string, KeyObject>,
    readonly publicKeys: readonly RecoveryPublicKey[],
  ) {}

  static none(): RecoveryKeys {
    return new RecoveryKeys(new Map(), []);
  }

  /** @throws StartupError where it holds no private key in PEM, or one that is too weak */
  static async parse(pem: string): Promise<RecoveryKeys> {
    const blocks = pem.match(PRIVATE_BLOCK) ?? [];
    if (blocks.length === 0) throw new StartupError('RECOVERY_KEY must hold a private key in PEM.');
    const keys = blocks.map(readPrivateKey);
    const publicKeys = await Promise.all(
      keys.map((key) => recoveryPublicKey(createPublicKey(key))),
    );
    return new RecoveryKeys(
      new Map(publicKeys.map(({ id }, i) => [id, keys[i]] as [string, KeyObject])),
      publicKeys,
    );
  }

  /** Those that it can open archives with. */
  get ids(): readonly string[] {
    return [...this.keys.keys()];
  }

  get(id: string): KeyObject | undefined {
    return this.keys.get(id);
  }
}

/** @throws StartupError where nothing should be archived for such a key */
export async function recoveryPublicKey(key: KeyObject): Promise<RecoveryPublicKey> {
  try {
    const spki = key.export({ format: 'der', type: 'spki' });
    acceptedKeyAlgorithm(parseDer(spki));
    return { id: await calculateJwkThumbprint(key.export({ format: 'jwk' })), spki };
  } catch (cause) {
    throw new StartupError('A recovery key must be RSA of 2048 bits or more, P-256 or P-384.', {
      cause,
    });
  }
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new StartupError('RECOVERY_KEY holds a private key that cannot be read.', { cause });
  }
}

/** A new recovery key; its private half, PKCS #8 in PEM, is for a file that the server need not see. */
export async function newRecoveryKey(
  algorithm: KeyAlgorithm,
): Promise<{ publicKey: KeyObject; pem: string }> {
  const der = await newSoftwareKey(algorithm);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return {
    publicKey: createPublicKey(key),
    pem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
