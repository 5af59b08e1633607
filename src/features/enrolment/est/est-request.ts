import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { ShownCertificate } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { sha256 } from '../../../kernel/secrets.js';
import { pemOf } from '../../certificates/certificate.service.js';

/** A request for one certificate. */
export interface EstRequest {
  /** Null where the client names none: it is then the only one that can be meant. */
  readonly kind: CertificateKind | null;
  /** PKCS #10, DER. */
  readonly csr: Buffer;
  readonly keyOrigin: 'DEVICE' | 'SERVER';
  /** Whose key the client has proven to hold in the connection. */
  readonly shown: ShownCertificate | null;
  /** The connection's channel bindings (RFC 5929 section 3, RFC 9266), base64. */
  readonly bindings: readonly string[];
}

export interface EstCertificate {
  readonly certificateDer: Buffer;
  /** PKCS #8, DER, of a key that the server has made. */
  readonly privateKey: Buffer | null;
}

/** RFC 7030 4.4.1.1: the client wants the key encrypted once more, for a key that stands in these attributes. */
const DECRYPTION_KEYS = ['060b2a864886f70d0109100225', '060b2a864886f70d0109100236'].map((oid) =>
  Buffer.from(oid, 'hex'),
);

export function pemOfRequest(csr: Buffer): string {
  return pemOf(csr, 'CERTIFICATE REQUEST');
}

/** By which the same request is known again. */
export function digestOf({ csr, keyOrigin }: EstRequest): Buffer {
  return sha256(`${keyOrigin} ${csr.toString('base64')}`);
}

/** @throws DomainError CSR_REJECTED where the key would have to be delivered in a way that is not served */
export function refuseDoubleEncryption({ csr, keyOrigin }: EstRequest): void {
  if (keyOrigin === 'SERVER' && DECRYPTION_KEYS.some((oid) => csr.includes(oid))) {
    throw new DomainError('CSR_REJECTED', { reason: 'DECRYPTION_KEY' });
  }
}
