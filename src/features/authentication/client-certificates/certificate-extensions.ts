import 'reflect-metadata'; // @peculiar/x509 asks for it before it is loaded
import type { X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as Reader,
} from '@peculiar/x509';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';
/** subjectKeyIdentifier, keyUsage, subjectAltName, basicConstraints, certificatePolicies, authorityKeyIdentifier, extKeyUsage */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.14',
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.32',
  '2.5.29.35',
  '2.5.29.37',
]);
const STRONG_HASHES: ReadonlySet<string> = new Set(['SHA-256', 'SHA-384', 'SHA-512']);

/** Extended key usage names client authentication, or says nothing (RFC 5280 section 4.2.1.12). */
export function allowsClientAuthentication(certificate: X509Certificate): boolean {
  // Node's `keyUsage` is the extended one; it is undefined where there is none, whatever its type says.
  const usages = certificate.keyUsage as string[] | undefined;
  return (
    usages === undefined ||
    usages.some((oid) => oid === CLIENT_AUTH || oid === ANY_EXTENDED_KEY_USAGE)
  );
}

export function allowsDigitalSignature(certificate: X509Certificate): boolean {
  const usages = keyUsagesOf(certificate);
  return usages === undefined || (usages & KeyUsageFlags.digitalSignature) !== 0;
}

/** An authority says so: without the extension it is none. */
export function allowsCertificateSigning(certificate: X509Certificate): boolean {
  return ((keyUsagesOf(certificate) ?? 0) & KeyUsageFlags.keyCertSign) !== 0;
}

/** Whatever its key may be used for: Node's `ca` asks for keyCertSign as well. */
export function isAuthority(certificate: X509Certificate): boolean {
  return readerOf(certificate).getExtension(BasicConstraintsExtension)?.ca ?? false;
}

/** How many authorities may stand between this one and the leaf. */
export function pathLengthOf(certificate: X509Certificate): number {
  const constraints = readerOf(certificate).getExtension(BasicConstraintsExtension);
  return constraints?.pathLength ?? Infinity;
}

/** A critical extension that is not understood refuses the certificate (RFC 5280 section 4.2), name constraints among them. */
export function isUnderstood(certificate: X509Certificate): boolean {
  return readerOf(certificate).extensions.every(
    ({ critical, type }) => !critical || UNDERSTOOD.has(type),
  );
}

export function hasStrongSignature(certificate: X509Certificate): boolean {
  const { name, hash } = readerOf(certificate).signatureAlgorithm as {
    name: string;
    hash?: { name: string };
  };
  return name === 'Ed25519' || (hash !== undefined && STRONG_HASHES.has(hash.name));
}

function keyUsagesOf(certificate: X509Certificate): KeyUsageFlags | undefined {
  return readerOf(certificate).getExtension(KeyUsagesExtension)?.usages;
}

/** Reads only what Node does not show; signatures are verified by node:crypto alone. */
function readerOf(certificate: X509Certificate): Reader {
  return new Reader(certificate.raw);
}
