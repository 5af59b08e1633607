import { createHash, X509Certificate } from 'node:crypto';
import { certificateUrlOf, crlUrlOf, ocspUrlOf } from './authority-urls.js';
import type {
  CertificateAuthority,
  CertificateOrder,
  IssuedCertificate,
} from './certificate-authority.js';
import { keyUsageOf } from './key-usage.js';
import { OID } from './object-identifiers.js';
import { type Validity, validityWithin } from './validity.js';
import { parseDer } from './der.js';
import { formatName, readName } from './distinguished-name.js';
import * as x509 from './certificate-encoder.js';
import type { Der } from './der-writer.js';
import { type CertificateContent, DEFAULT_ISSUING_PROFILES } from './issuing-profile.js';
import { acceptedKeyAlgorithm, type PublicKeyAlgorithm, keyIdOf } from './key-checks.js';
import { pemOf } from './pem.js';
import { newSerial } from './serial-number.js';
import { readIssuer, type Signer, signCertificate, signerFrom } from './signer.js';
import type { SigningKey } from './signing-key.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Puts an issuing CA into service. @throws Error if its parts do not belong together */
export function openAuthority(parts: {
  id: string;
  certificateDer: Buffer;
  key: SigningKey;
  rootCertificateDer: Buffer;
  pkiUrl: string;
}): CertificateAuthority {
  const certificate = new X509Certificate(parts.certificateDer);
  const root = new X509Certificate(parts.rootCertificateDer);
  const signer = signerFrom(certificate, parts.key);
  if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey)) {
    throw new Error('The issuing CA has another root.');
  }
  return new IssuingAuthority(parts.id, signer, { certificate, root, pkiUrl: parts.pkiUrl });
}

class IssuingAuthority implements CertificateAuthority {
  readonly subject: string;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly certificatePem: string;
  readonly chainPem: readonly string[];
  readonly fingerprint: string;
  readonly validTo: Date;
  readonly crlUrl: string;
  readonly ocspUrl: string;
  private readonly validity: Validity;
  private readonly commonExtensions: readonly Der[];

  constructor(
    readonly issuerId: string,
    private readonly signer: Signer,
    from: { certificate: X509Certificate; root: X509Certificate; pkiUrl: string },
  ) {
    const { certificate, root, pkiUrl } = from;
    const { name, validity } = readIssuer(certificate);
    this.validity = validity;
    this.subject = formatName(readName(name));
    this.keyAlgorithm = signer.keyAlgorithm;
    this.certificatePem = pemOf(certificate.raw);
    this.chainPem = [this.certificatePem, pemOf(root.raw)];
    this.fingerprint = certificate.fingerprint256;
    this.validTo = validity.notAfter;
    this.crlUrl = crlUrlOf(pkiUrl, issuerId);
    this.ocspUrl = ocspUrlOf(pkiUrl);
    this.commonExtensions = [
      x509.crlDistributionPoints(this.crlUrl),
      x509.authorityInfoAccess([
        [OID.OCSP, this.ocspUrl],
        [OID.CA_ISSUERS, certificateUrlOf(pkiUrl, issuerId)],
      ]),
    ];
  }

  async issue(order: CertificateOrder): Promise<IssuedCertificate> {
    if (!UUID.test(order.profileId)) throw new TypeError('profileId is not a UUID');
    const serial = newSerial();
    const content = (order.profile ?? DEFAULT_ISSUING_PROFILES[order.kind]).contentFor(order);
    const validity = validityWithin(this.validity, order);
    const der = await signCertificate(this.signer, serial, {
      validity,
      subject: x509.encodeName(content.subject),
      spki: order.publicKeySpki,
      extensions: [...holderExtensions(order, content), ...this.commonExtensions],
    });
    return {
      serialNumber: serial.toString('hex').replace(/^00/, '').toUpperCase(),
      der,
      pem: pemOf(der),
      subject: formatName(content.subject),
      issuer: this.subject,
      ...validity,
      fingerprint: fingerprintOf(der),
    };
  }
}

function holderExtensions(
  { kind, publicKeySpki }: CertificateOrder,
  { names, extensions }: CertificateContent,
): Der[] {
  const spki = parseDer(publicKeySpki);
  return [
    x509.keyUsage([keyUsageOf(kind, acceptedKeyAlgorithm(spki))]),
    x509.subjectKeyIdentifier(keyIdOf(spki)),
    x509.subjectAltName(names),
    ...extensions,
  ];
}

function fingerprintOf(der: Buffer): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase();
  return hex.replace(/..(?=.)/g, '$&:');
}
