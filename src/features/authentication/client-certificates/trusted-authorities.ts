import {
  allowsCertificateSigning,
  allowsClientAuthentication,
  isUnderstood,
  pathLengthOf,
} from './certificate-extensions.js';
import { isStrong } from './certificate-strength.js';
import type { ReadCertificate } from './read-certificate.js';

interface Authority {
  readonly certificate: ReadCertificate;
  /** How many authorities may stand below it. */
  readonly below: number;
}

interface Candidates {
  readonly anchors: readonly ReadCertificate[];
  readonly intermediates: readonly ReadCertificate[];
  readonly now: Date;
}

/**
 * The anchors, and the intermediates to which a path leads from them (RFC 5280 section 6.1). What an intermediate says is
 * believed, and its key used, only once one of these has signed it; so nothing is verified for who merely claims, and each
 * pair once at most. Those that let most stand below come first: no other path to an intermediate is then a wider one.
 */
export function* trustedAuthorities(candidates: Candidates): Generator<ReadCertificate> {
  const { anchors, now } = candidates;
  const waiting = new Set(candidates.intermediates);
  const found = anchors
    .filter((anchor) => mayIssue(anchor, now))
    .map((certificate) => ({ certificate, below: pathLengthOf(certificate) }));
  for (;;) {
    const authority = takeWidest(found);
    if (authority === undefined) return;
    yield authority.certificate;
    if (authority.below < 1) continue;
    for (const candidate of waiting) {
      if (!mayIssue(candidate, now) || !hasIssued(authority.certificate, candidate)) continue;
      waiting.delete(candidate);
      if (!isFit(candidate)) continue;
      const below = Math.min(authority.below - 1, pathLengthOf(candidate));
      found.push({ certificate: candidate, below });
    }
  }
}

/** By its name first, which costs nothing. */
export function hasIssued({ x509: issuer }: ReadCertificate, { x509 }: ReadCertificate): boolean {
  return x509.checkIssued(issuer) && x509.verify(issuer.publicKey);
}

export function isWithinTime({ x509 }: ReadCertificate, now: Date): boolean {
  return new Date(x509.validFrom) <= now && now < new Date(x509.validTo);
}

function mayIssue(certificate: ReadCertificate, now: Date): boolean {
  return certificate.x509.ca && isWithinTime(certificate, now);
}

function isFit(certificate: ReadCertificate): boolean {
  return (
    allowsCertificateSigning(certificate) &&
    allowsClientAuthentication(certificate) &&
    isUnderstood(certificate) &&
    isStrong(certificate)
  );
}

function takeWidest(found: Authority[]): Authority | undefined {
  const widest = Math.max(...found.map(({ below }) => below));
  const at = found.findIndex(({ below }) => below === widest);
  return at === -1 ? undefined : found.splice(at, 1)[0];
}
