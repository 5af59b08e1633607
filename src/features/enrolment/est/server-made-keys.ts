import type { CertificateId, UserId } from '../../../kernel/ids.js';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import type { ChangeScope } from '../../../platform/scope.js';

/** An encryption key that the server has made. */
export interface ServerMadeKey {
  readonly kind: 'ENCRYPTION';
  readonly origin: 'SERVER';
  /** Of the certificate that it will get. */
  readonly certificateId: CertificateId;
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKeySpki: Buffer;
  readonly publicKeyHash: Buffer;
  readonly keyAlgorithm: KeyAlgorithm;
  /** DER. */
  readonly pkcs8: Buffer;
}

/** Who makes encryption keys for devices, and keeps them recoverable. */
export interface ServerMadeKeys {
  /** To be called outside of transactions: it may take a while. */
  make(algorithm: KeyAlgorithm): Promise<ServerMadeKey>;
  /** Once its certificate is stored, in the same transaction. */
  archive(scope: ChangeScope, key: ServerMadeKey, userId: UserId): Promise<void>;
}

/** Key types that the server makes. */
const ALGORITHMS = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072'] as const satisfies KeyAlgorithm[];

/** The client's request shows which type it would like: larger RSA keys than the server makes become the largest of those. */
export function algorithmLike(wished: string): KeyAlgorithm {
  const known = ALGORITHMS.find((algorithm) => algorithm === wished);
  return known ?? (wished.startsWith('RSA-') ? 'RSA-3072' : 'P-256');
}
