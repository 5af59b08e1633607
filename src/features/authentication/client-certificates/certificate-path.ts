import {
  allowsCertificateSigning,
  allowsClientAuthentication,
  allowsDigitalSignature,
  isAuthority,
  isUnderstood,
} from './certificate-extensions.js';
import { isStrong } from './certificate-strength.js';
import { readCertificate, type ReadCertificate } from './read-certificate.js';
import { hasIssued, isWithinTime, trustedAuthorities } from './trusted-authorities.js';

/** Intermediate certificates between leaf and anchor at most. */
const MAX_INTERMEDIATES = 4;

/** Why a certificate proves nothing. */
export type CertificateProblem =
  'UNREADABLE' | 'NOT_A_LEAF' | 'OUT_OF_TIME' | 'NOT_FOR_CLIENTS' | 'WEAK' | 'UNKNOWN_ISSUER';

export type CheckedPath =
  { readonly certificate: ReadCertificate } | { readonly problem: CertificateProblem };

export interface PathOptions {
  readonly anchors: readonly ReadCertificate[];
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

/** What the leaf says of itself is read after the signatures: a stranger's costs next to nothing. */
function checkReadable(der: Buffer, { anchors, intermediates, now }: PathOptions): CheckedPath {
  const leaf = readCertificate(der);
  if (leaf === undefined) return { problem: 'UNREADABLE' };
  if (!isWithinTime(leaf, now)) return { problem: 'OUT_OF_TIME' };
  const readable = intermediates
    .slice(0, MAX_INTERMEDIATES)
    .map(readCertificate)
    .filter((certificate) => certificate !== undefined);
  for (const authority of trustedAuthorities({ anchors, intermediates: readable, now })) {
    if (hasIssued(authority, leaf)) return judged(leaf);
  }
  return { problem: 'UNKNOWN_ISSUER' };
}

function judged(leaf: ReadCertificate): CheckedPath {
  if (isAuthority(leaf) || allowsCertificateSigning(leaf)) return { problem: 'NOT_A_LEAF' };
  if (!allowsClientAuthentication(leaf) || !allowsDigitalSignature(leaf)) {
    return { problem: 'NOT_FOR_CLIENTS' };
  }
  return isUnderstood(leaf) && isStrong(leaf) ? { certificate: leaf } : { problem: 'WEAK' };
}
