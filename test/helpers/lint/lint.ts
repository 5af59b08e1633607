import type { DerValue } from '../../../src/features/certificates/x509/der';
import { EXTENSION_RULES, FIELD_RULES, type Issued } from './certificate-rules';
import { CONTENT_RULES } from './content-rules';
import { CRL_RULES } from './crl-rules';
import { NAME_RULES } from './name-rules';
import { readOcspResponse } from './ocsp-response';
import { OCSP_RULES } from './ocsp-rules';
import { readRevocationList } from './revocation-list';
import { type Finding, findingsOf, type Rule } from './rule';
import { SIGNATURE_RULES, type Signed } from './signature-rules';
import { ID, purposesOf, type ReadCertificate, readCertificate } from './structure';
import { USAGE_RULES } from './usage-rules';

const CERTIFICATE_RULES: readonly Rule<Issued>[] = [
  ...FIELD_RULES,
  ...EXTENSION_RULES,
  ...USAGE_RULES,
  ...CONTENT_RULES,
];
const STRICT_DER = 'strict_der';

/** Every rule by its name, so that a test can see to it that each of them can be broken. */
export const RULE_NAMES: Readonly<Record<'certificate' | 'crl' | 'ocsp', readonly string[]>> = {
  certificate: namesOf(CERTIFICATE_RULES, NAME_RULES, SIGNATURE_RULES),
  crl: namesOf(CRL_RULES, SIGNATURE_RULES),
  ocsp: namesOf(OCSP_RULES, SIGNATURE_RULES),
};

/** What is wrong with a certificate; a root is its own issuer. */
export function lintCertificate(der: Buffer, issuerDer: Buffer): Finding[] {
  return strictly(() => {
    const [certificate, issuer] = [readCertificate(der), readCertificate(issuerDer)];
    return [
      ...lintName(certificate.subject),
      ...findingsOf(CERTIFICATE_RULES, { certificate, issuer }),
      ...lintSignature({ ...certificate, signed: certificate, signer: issuer }),
    ];
  });
}

/** What is wrong with a full revocation list. */
export function lintCrl(der: Buffer, issuerDer: Buffer): Finding[] {
  return strictly(() => {
    const [list, issuer] = [readRevocationList(der), readCertificate(issuerDer)];
    return [
      ...findingsOf(CRL_RULES, { list, issuer }),
      ...lintSignature({ ...list, signed: list, signer: issuer }),
    ];
  });
}

/**
 * What is wrong with a successful OCSP answer, and with the certificate of the responder that it brings.
 * @param issuerDer of the certificates that were asked about
 * @param request its nonce: null where it had none; without `request` the nonce is not compared
 */
export function lintOcspResponse(
  der: Buffer,
  issuerDer: Buffer,
  request?: { readonly nonce: Buffer | null },
): Finding[] {
  return strictly(() => {
    const [response, issuer] = [readOcspResponse(der), readCertificate(issuerDer)];
    const responder = delegateAmong(response.certificates) ?? issuer;
    return [
      ...findingsOf(OCSP_RULES, { response, issuer, responder, nonce: request?.nonce }),
      ...lintSignature({ innerAlgorithm: undefined, signed: response, signer: responder }),
      ...(responder === issuer ? [] : lintCertificate(responder.der, issuerDer)),
    ];
  });
}

function delegateAmong(certificates: readonly ReadCertificate[]): ReadCertificate | undefined {
  return certificates.find((it) => purposesOf(it).includes(ID.ocspSigning)) ?? certificates[0];
}

function lintName(name: DerValue): Finding[] {
  return findingsOf(NAME_RULES, name);
}

function lintSignature(signed: Signed): Finding[] {
  return findingsOf(SIGNATURE_RULES, signed);
}

function strictly(lint: () => Finding[]): Finding[] {
  try {
    return lint();
  } catch (error) {
    return [{ rule: STRICT_DER, problem: `${String(error)} (X.690 10, RFC 5280 4.1)` }];
  }
}

function namesOf(...lists: readonly (readonly Rule<never>[])[]): string[] {
  return [STRICT_DER, ...lists.flat().map(({ name }) => name)];
}
