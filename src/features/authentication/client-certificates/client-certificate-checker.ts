import { X509Certificate } from 'node:crypto';
import type { ShownCertificate } from '../../../kernel/actor.js';
import { checkPath, type CertificateProblem } from './certificate-path.js';
import { ReadCertificate } from './read-certificate.js';

/** A certificate whose issuer is trusted; whose it is, nobody has said yet. */
export interface TrustedCertificate {
  /** What it is known by. */
  readonly toBeSignedHash: Buffer;
  /** SHA-256 of its DER, upper case, octets parted by colons: another one for each of its possible signatures. */
  readonly fingerprint: string;
  /** Hexadecimal, upper case, whole octets. */
  readonly serialNumber: string;
  /** RFC 4514, as the issuer's name. */
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: Date;
}

export type CheckedCertificate =
  { readonly trusted: TrustedCertificate } | { readonly problem: CertificateProblem };

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Holds what callers show against the authorities of CLIENT_CA. Without any, the method is off. */
export class ClientCertificateChecker {
  private readonly anchors: readonly ReadCertificate[];
  /** One call may ask often what its connection shows. */
  private readonly checked = new WeakMap<
    ShownCertificate,
    { readonly now: Date; readonly result: CheckedCertificate }
  >();

  /** @param clientCa certificates of authorities, PEM */
  constructor(clientCa: Buffer | null) {
    const blocks = clientCa?.toString('latin1').match(PEM_BLOCK) ?? [];
    this.anchors = blocks.map((pem) => new ReadCertificate(new X509Certificate(pem)));
  }

  /** Whether any certificate could be accepted. */
  get isOn(): boolean {
    return this.anchors.length > 0;
  }

  check(shown: ShownCertificate, now: Date): CheckedCertificate {
    const known = this.checked.get(shown);
    if (known?.now.getTime() === now.getTime()) return known.result;
    const result = this.examine(shown, now);
    this.checked.set(shown, { now, result });
    return result;
  }

  private examine(shown: ShownCertificate, now: Date): CheckedCertificate {
    const { anchors } = this;
    const checked = checkPath(shown.der, { anchors, intermediates: shown.intermediates, now });
    if ('problem' in checked) return checked;
    const { x509, toBeSignedHash } = checked.certificate;
    return {
      trusted: {
        toBeSignedHash,
        fingerprint: x509.fingerprint256,
        serialNumber: x509.serialNumber,
        subject: nameOf(x509.subject),
        issuer: nameOf(x509.issuer),
        notAfter: new Date(x509.validTo),
      },
    };
  }
}

/** Node prints one attribute a line, escaped, in the order of their encoding; RFC 4514 begins with the last. */
function nameOf(lines: string | undefined): string {
  return (lines ?? '').split('\n').reverse().join(',');
}
