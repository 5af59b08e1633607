import { X509Certificate } from 'node:crypto';
import {
  allowsCertificateSigning,
  allowsClientAuthentication,
  allowsDigitalSignature,
  hasStrongSignature,
  isAuthority,
  isUnderstood,
  pathLengthOf,
} from './certificate-extensions.js';

/** Intermediate certificates between leaf and anchor at most. */
const MAX_INTERMEDIATES = 4;
const MIN_RSA_BITS = 2048;

/** Why a certificate proves nothing. */
export type CertificateProblem =
  'UNREADABLE' | 'NOT_A_LEAF' | 'OUT_OF_TIME' | 'NOT_FOR_CLIENTS' | 'WEAK' | 'UNKNOWN_ISSUER';

export type CheckedPath =
  { readonly certificate: X509Certificate } | { readonly problem: CertificateProblem };

export interface PathOptions {
  readonly anchors: readonly X509Certificate[];
  /** As they came along; in any order, and in any number of which the first few count. */
  readonly intermediates: readonly Buffer[];
  readonly now: Date;
}

/** Whether a chain of signatures leads from the certificate to an anchor, each link fit for it (RFC 5280 section 6.1). */
export function checkPath(der: Buffer, options: PathOptions): CheckedPath {
  try {
    return checkReadable(der, options);
  } catch {
    return { problem: 'UNREADABLE' }; // an extension that only looks like one
  }
}

function checkReadable(der: Buffer, options: PathOptions): CheckedPath {
  const leaf = read(der);
  if (leaf === undefined) return { problem: 'UNREADABLE' };
  const problem = problemOfLeaf(leaf, options.now);
  if (problem !== undefined) return { problem };
  const intermediates = options.intermediates
    .slice(0, MAX_INTERMEDIATES)
    .map(read)
    .filter((certificate) => certificate !== undefined);
  const leads = leadsToAnchor(leaf, { ...options, intermediates, depth: 0 });
  return leads ? { certificate: leaf } : { problem: 'UNKNOWN_ISSUER' };
}

function problemOfLeaf(leaf: X509Certificate, now: Date): CertificateProblem | undefined {
  if (isAuthority(leaf) || allowsCertificateSigning(leaf)) return 'NOT_A_LEAF';
  if (!isWithinTime(leaf, now)) return 'OUT_OF_TIME';
  if (!allowsClientAuthentication(leaf) || !allowsDigitalSignature(leaf)) return 'NOT_FOR_CLIENTS';
  return isUnderstood(leaf) && isStrong(leaf) ? undefined : 'WEAK';
}

interface Climb {
  readonly anchors: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
  readonly now: Date;
  /** Authorities that stand below the issuer that is looked for. */
  readonly depth: number;
}

function leadsToAnchor(certificate: X509Certificate, climb: Climb): boolean {
  if (climb.anchors.some((anchor) => isIssuer(anchor, certificate, climb))) return true;
  return climb.intermediates.some((candidate, i) => {
    if (!isIssuer(candidate, certificate, climb) || !isFitAuthority(candidate)) return false;
    const others = climb.intermediates.filter((_, j) => j !== i);
    return leadsToAnchor(candidate, { ...climb, intermediates: others, depth: climb.depth + 1 });
  });
}

function isIssuer(issuer: X509Certificate, issued: X509Certificate, climb: Climb): boolean {
  return (
    issuer.ca &&
    isWithinTime(issuer, climb.now) &&
    climb.depth <= pathLengthOf(issuer) && // RFC 5280 4.2.1.9
    issued.checkIssued(issuer) &&
    issued.verify(issuer.publicKey)
  );
}

function isFitAuthority(certificate: X509Certificate): boolean {
  return (
    allowsCertificateSigning(certificate) &&
    allowsClientAuthentication(certificate) &&
    isUnderstood(certificate) &&
    isStrong(certificate)
  );
}

function isStrong(certificate: X509Certificate): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const isShortRsa =
    asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS;
  return !isShortRsa && hasStrongSignature(certificate);
}

function isWithinTime({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now < new Date(validTo);
}

/** Exactly one certificate in DER: what Node would take as PEM, or with something behind it, is none. */
function read(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    return certificate.raw.equals(der) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
