import 'reflect-metadata'; // @peculiar/x509 asks for it before it is loaded
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '@peculiar/x509';
import type { ReadCertificate } from './read-certificate.js';

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

/** Extended key usage names client authentication, or says nothing (RFC 5280 section 4.2.1.12). */
export function allowsClientAuthentication({ x509 }: ReadCertificate): boolean {
  // Node's `keyUsage` is the extended one; it is undefined where there is none, whatever its type says.
  const usages = x509.keyUsage as string[] | undefined;
  return (
    usages === undefined ||
    usages.some((oid) => oid === CLIENT_AUTH || oid === ANY_EXTENDED_KEY_USAGE)
  );
}

export function allowsDigitalSignature({ extended }: ReadCertificate): boolean {
  const usages = keyUsagesOf(extended);
  return usages === undefined || (usages & KeyUsageFlags.digitalSignature) !== 0;
}

/** An authority says so: without the extension it is none. */
export function allowsCertificateSigning({ extended }: ReadCertificate): boolean {
  return ((keyUsagesOf(extended) ?? 0) & KeyUsageFlags.keyCertSign) !== 0;
}

/** Whatever its key may be used for: Node's `ca` asks for keyCertSign as well. */
export function isAuthority({ extended }: ReadCertificate): boolean {
  return extended.getExtension(BasicConstraintsExtension)?.ca ?? false;
}

/** How many authorities may stand between this one and the leaf. */
export function pathLengthOf({ extended }: ReadCertificate): number {
  const constraints = extended.getExtension(BasicConstraintsExtension);
  return constraints?.pathLength ?? Infinity;
}

/** A critical extension that is not understood refuses the certificate (RFC 5280 section 4.2), name constraints among them. */
export function isUnderstood({ extended }: ReadCertificate): boolean {
  return extended.extensions.every(({ critical, type }) => !critical || UNDERSTOOD.has(type));
}

function keyUsagesOf(extended: ReadCertificate['extended']): KeyUsageFlags | undefined {
  return extended.getExtension(KeyUsagesExtension)?.usages;
}
