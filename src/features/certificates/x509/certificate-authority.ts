import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { HolderNames, IssuingProfile } from './issuing-profile.js';
import type { PublicKeyAlgorithm } from './key-checks.js';

export interface CertificateOrder extends HolderNames {
  readonly kind: CertificateKind;
  /** Of this kind; the default one where none is named. */
  readonly profile?: IssuingProfile;
  /** DER of a SubjectPublicKeyInfo whose private key the holder has proven to possess. */
  readonly publicKeySpki: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface IssuedCertificate {
  /** Hexadecimal, upper case, whole octets. */
  readonly serialNumber: string;
  readonly der: Buffer;
  readonly pem: string;
  /** RFC 4514. */
  readonly subject: string;
  /** RFC 4514. */
  readonly issuer: string;
  /** As certified: whole seconds, kept within the issuer's own validity. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the DER, upper case, octets parted by colons. */
  readonly fingerprint: string;
}

/** Whoever signs certificates: the test CA that ships, or one that takes its place. */
export interface CertificateAuthority {
  readonly issuerId: string;
  /** RFC 4514. */
  readonly subject: string;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly certificatePem: string;
  /** Issuer first, root last. */
  readonly chainPem: readonly string[];
  /** SHA-256 of the issuer's certificate, upper case, octets parted by colons. */
  readonly fingerprint: string;
  /** No certificate of its outlives it. */
  readonly validTo: Date;
  readonly crlUrl: string;
  readonly ocspUrl: string;
  /**
   * Signs off the event loop. Takes the order's key as proven; checks only that it is strong enough.
   * @throws DomainError CSR_REJECTED for a key that gets no certificate
   */
  issue(order: CertificateOrder): Promise<IssuedCertificate>;
}
