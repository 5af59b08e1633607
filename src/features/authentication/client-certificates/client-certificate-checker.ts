import { X509Certificate } from 'node:crypto';
import type { ShownCertificate } from '../../../kernel/actor.js';
import { checkPath, type CertificateProblem } from './certificate-path.js';

/** A certificate whose issuer is trusted; whose it is, nobody has said yet. */
export interface TrustedCertificate {
  readonly der: Buffer;
  /** SHA-256, upper case, octets parted by colons. */
  readonly fingerprint: string;
  /** Hexadecimal, upper case, whole octets. */
  readonly serialNumber: string;
  /** RFC 4514, as the issuer's name. */
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: Date;
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Holds what callers show against the authorities of CLIENT_CA. Without any, the method is off. */
export class ClientCertificateChecker {
  private readonly anchors: readonly X509Certificate[];

  /** @param clientCa certificates of authorities, PEM */
  constructor(clientCa: Buffer | null) {
    const blocks = clientCa?.toString('latin1').match(PEM_BLOCK) ?? [];
    this.anchors = blocks.map((pem) => new X509Certificate(pem));
  }

  /** Whether any certificate could be accepted. */
  get isOn(): boolean {
    return this.anchors.length > 0;
  }

  check(
    shown: ShownCertificate,
    now: Date,
  ): { readonly trusted: TrustedCertificate } | { readonly problem: CertificateProblem } {
    const { anchors } = this;
    const checked = checkPath(shown.der, { anchors, intermediates: shown.intermediates, now });
    if ('problem' in checked) return checked;
    const { certificate } = checked;
    return {
      trusted: {
        der: certificate.raw,
        fingerprint: certificate.fingerprint256,
        serialNumber: certificate.serialNumber,
        subject: nameOf(certificate.subject),
        issuer: nameOf(certificate.issuer),
        notAfter: new Date(certificate.validTo),
      },
    };
  }
}

/** Node prints one attribute a line, escaped, in the order of their encoding; RFC 4514 begins with the last. */
function nameOf(lines: string | undefined): string {
  return (lines ?? '').split('\n').reverse().join(',');
}
